/**
 * Wallet factories that an ERC-6492 signature may name by default, lower-case. Whoever is on this list is called with the
 * facilitator's gas. Each address was found under its name in public code of several projects that use it; above it stands
 * where its authors keep theirs. What is deployed there on a given chain was not compared: on a chain where something else
 * has the address, the simulation of every payment and its gas ceiling are what protects.
 */
import type { Hex } from '../hash/hex.ts';

export const KNOWN_FACTORIES: ReadonlyMap<Hex, string> = new Map<Hex, string>([
  // github.com/coinbase/smart-wallet, README "Deployments"
  ['0x0ba5ed0c6aa8c49038f819e587e2633c4a9f428a', 'Coinbase Smart Wallet 1'],
  ['0xba5ed110efdba3d005bfc882d75358acbbb85842', 'Coinbase Smart Wallet 1.1'],
  // github.com/safe-global/safe-deployments, src/assets/v1.4.1/safe_proxy_factory.json and v1.3.0/proxy_factory.json
  ['0x4e1dcf7ad4e460cfd30791ccc4f9c8a4f820ec67', 'Safe 1.4.1'],
  ['0xa6b71e26c5e0845f74c812102ca7114b6a896ab2', 'Safe 1.3.0'],
  // github.com/zerodevapp/sdk, packages/core/constants.ts
  ['0x5de4839a76cf55d0c90e2061ef4386d962e15ae3', 'Kernel 2'],
  ['0x6723b44abeec4e71ebe3232bd5b455805badd22f', 'Kernel 3.0'],
  ['0xaac5d4240af87249b3f71bc8e4a2cae074a3e419', 'Kernel 3.1'],
  ['0x7a1dbab750f12a90eb1b60d2ae3ad17d4d81effe', 'Kernel 3.2'],
  ['0x2577507b78c2008ff367261cb6285d44ba5ef2e9', 'Kernel 3.3'],
  ['0xd703aae79538628d27099b8c4f621be4ccd142d5', 'Kernel 3 meta factory'],
  // github.com/pimlicolabs/permissionless.js, packages/permissionless/accounts/light and biconomy and nexus
  ['0x00004ec70002a32400f8ae005a26081065620d20', 'Alchemy Light Account 1.1'],
  ['0x0000000000400cdfef5e2714e63d8040b700bc24', 'Alchemy Light Account 2'],
  ['0x000000a56aaca3e9a4c479ea6b6cd0dbcb6634f5', 'Biconomy Smart Account 2'],
  ['0x00000bb19a3579f4d779215def97afbd0e30db55', 'Biconomy Nexus 1'],
  // github.com/alchemyplatform/aa-sdk, account-kit/smart-contracts
  ['0x000000e92d78d90000007f0082006fda09bd5f11', 'Alchemy Modular Account 1'],
  ['0x00000000000017c61b5bee81050ec8efc9c6fecd', 'Alchemy Modular Account 2'],
]);
