// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Wallet1271} from "./Wallet1271.sol";

/// A wallet that wastes `burn` gas before it answers truthfully. When it has not that much, it wastes all it has.
contract GasBurnerWallet is Wallet1271 {
    uint256 public burn; // 1

    constructor(address owner_, uint256 burn_) Wallet1271(owner_) {
        burn = burn_;
    }

    function isValidSignature(bytes32 hash, bytes calldata signature) public view override returns (bytes4) {
        uint256 start = gasleft();
        uint256 wanted = burn;
        if (wanted >= start) {
            assembly {
                invalid()
            }
        }
        while (start - gasleft() < wanted) {}
        return super.isValidSignature(hash, signature);
    }
}
