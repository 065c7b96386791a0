// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Wallet1271} from "./Wallet1271.sol";

/// Code for EIP-7702 accounts: the account's own key signs for it.
contract DelegateWallet is Wallet1271 {
    constructor() Wallet1271(address(0)) {}

    function _signer() internal view override returns (address) {
        return address(this);
    }
}
