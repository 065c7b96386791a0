// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {FiatToken} from "./FiatToken.sol";

/// Takes the full value from the payer and credits the payee with one percent less.
contract FeeToken is FiatToken {
    address public constant COLLECTOR = address(0xFEE);

    function _transfer(address from, address to, uint256 value) internal override {
        uint256 fee = (value + 99) / 100;
        super._transfer(from, to, value - fee);
        super._transfer(from, COLLECTOR, fee);
    }
}
