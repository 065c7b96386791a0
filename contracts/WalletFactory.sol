// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Wallet1271} from "./Wallet1271.sol";

/// Deploys wallets at addresses that are known before, as ERC-6492 needs it. Asking twice is no error.
contract WalletFactory {
    function deploy(address owner, bytes32 salt) public virtual returns (address wallet) {
        wallet = addressOf(owner, salt);
        if (wallet.code.length == 0) new Wallet1271{salt: salt}(owner);
    }

    function addressOf(address owner, bytes32 salt) public view returns (address) {
        bytes32 codeHash = keccak256(abi.encodePacked(type(Wallet1271).creationCode, abi.encode(owner)));
        return address(uint160(uint256(keccak256(abi.encodePacked(bytes1(0xff), address(this), salt, codeHash)))));
    }
}
