// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {WalletFactory} from "./WalletFactory.sol";

/// A factory nobody allowed. It works, and it counts how often it was called in a transaction.
contract ForeignFactory is WalletFactory {
    uint256 public calls; // 0

    function deploy(address owner, bytes32 salt) public override returns (address) {
        calls++;
        return super.deploy(owner, salt);
    }
}
