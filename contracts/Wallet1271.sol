// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC1271} from "./Signatures.sol";

/// A smart wallet whose only talent is to accept its owner's ECDSA signature.
contract Wallet1271 is IERC1271 {
    address public owner; // 0

    constructor(address owner_) {
        owner = owner_;
    }

    function isValidSignature(bytes32 hash, bytes calldata signature) public view virtual returns (bytes4) {
        if (signature.length != 65) return 0xffffffff;
        bytes32 r = bytes32(signature[0:32]);
        bytes32 s = bytes32(signature[32:64]);
        address signer = ecrecover(hash, uint8(signature[64]), r, s);
        return signer != address(0) && signer == _signer() ? IERC1271.isValidSignature.selector : bytes4(0xffffffff);
    }

    function _signer() internal view virtual returns (address) {
        return owner;
    }
}
