// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Wallet1271} from "./Wallet1271.sol";

/// A wallet whose owner can withdraw every signature at once, also between a check and the block that relies on it.
contract SwitchWallet is Wallet1271 {
    bool public off; // 0, byte 20

    constructor(address owner_) Wallet1271(owner_) {}

    function turn(bool off_) external {
        require(msg.sender == owner, "SwitchWallet: not the owner");
        off = off_;
    }

    function isValidSignature(bytes32 hash, bytes calldata signature) public view override returns (bytes4) {
        return off ? bytes4(0xffffffff) : super.isValidSignature(hash, signature);
    }
}
