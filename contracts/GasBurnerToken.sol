// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {FiatToken} from "./FiatToken.sol";

/// Looks like USDC and burns all the gas it is given when a payment is made.
contract GasBurnerToken is FiatToken {
    function _transferWithAuthorization(
        address,
        address,
        uint256,
        uint256,
        uint256,
        bytes32,
        bytes memory
    ) internal pure override {
        assembly {
            invalid()
        }
    }
}
