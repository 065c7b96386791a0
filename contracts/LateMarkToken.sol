// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {FiatToken} from "./FiatToken.sol";
import {Signatures} from "./Signatures.sol";

/// Moves the money first and says afterwards that the authorization is used: EIP-3009 orders neither.
contract LateMarkToken is FiatToken {
    function _transferWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes memory signature
    ) internal override {
        _requireUsable(from, nonce, validAfter, validBefore);
        bytes32 digest = _authorizationDigest(
            TRANSFER_WITH_AUTHORIZATION_TYPEHASH,
            from,
            to,
            value,
            validAfter,
            validBefore,
            nonce
        );
        require(Signatures.isValid(from, digest, signature), "FiatTokenV2: invalid signature");
        _transfer(from, to, value);
        _use(from, nonce);
    }
}
