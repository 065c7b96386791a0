// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {FiatToken} from "./FiatToken.sol";

/// Accepts every payment without an error, and does nothing.
contract SilentToken is FiatToken {
    function _transferWithAuthorization(
        address,
        address,
        uint256,
        uint256,
        uint256,
        bytes32,
        bytes memory
    ) internal pure override {}
}
