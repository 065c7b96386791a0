// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {FiatToken} from "./FiatToken.sol";

/// Pays when it is simulated and does nothing in a real transaction. A simulation is a call without a gas price or
/// without a sender, as eth_call makes it unless told otherwise.
contract LyingToken is FiatToken {
    function _transferWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes memory signature
    ) internal override {
        if (tx.gasprice != 0 && tx.origin != address(0)) return;
        super._transferWithAuthorization(from, to, value, validAfter, validBefore, nonce, signature);
    }
}
