// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// One storage layout for every fixture token, so that tests set a token up by writing slots. Balances, allowances,
/// authorization states and permit nonces stand where Circle's FiatToken has them (slots 9, 10, 16 and 17).
/// Nothing is set by a constructor: the code can be put at any address of any chain.
abstract contract TokenStorage {
    event Transfer(address indexed from, address indexed to, uint256 value);
    event Approval(address indexed owner, address indexed spender, uint256 value);
    event AuthorizationUsed(address indexed authorizer, bytes32 indexed nonce);
    event AuthorizationCanceled(address indexed authorizer, bytes32 indexed nonce);

    bytes32 public constant TRANSFER_WITH_AUTHORIZATION_TYPEHASH =
        keccak256(
            "TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
        );
    bytes32 public constant RECEIVE_WITH_AUTHORIZATION_TYPEHASH =
        keccak256(
            "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
        );
    bytes32 public constant CANCEL_AUTHORIZATION_TYPEHASH =
        keccak256("CancelAuthorization(address authorizer,bytes32 nonce)");
    bytes32 public constant PERMIT_TYPEHASH =
        keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");

    bytes32 private constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");

    address internal _owner; // 0
    address internal _pauser; // 1
    bool internal _paused; // 1, byte 20
    address internal _blacklister; // 2
    uint256 private _unused3;
    string public name; // 4
    string public symbol; // 5
    uint8 public decimals; // 6
    string public currency; // 7
    address internal _minter; // 8
    mapping(address => uint256) internal _balances; // 9, the high bit marks a blocked account
    mapping(address => mapping(address => uint256)) internal _allowances; // 10
    uint256 public totalSupply; // 11
    uint256[4] private _unused12;
    mapping(address => mapping(bytes32 => bool)) internal _authorizationStates; // 16
    mapping(address => uint256) internal _permitNonces; // 17
    string internal _version; // 18

    function DOMAIN_SEPARATOR() public view returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    DOMAIN_TYPEHASH,
                    keccak256(bytes(name)),
                    keccak256(bytes(_version)),
                    block.chainid,
                    address(this)
                )
            );
    }

    function nonces(address owner) external view returns (uint256) {
        return _permitNonces[owner];
    }

    function allowance(address owner, address spender) external view returns (uint256) {
        return _allowances[owner][spender];
    }

    function authorizationState(address authorizer, bytes32 nonce) external view returns (bool) {
        return _authorizationStates[authorizer][nonce];
    }

    function _digest(bytes32 structHash) internal view returns (bytes32) {
        return keccak256(abi.encodePacked("\x19\x01", DOMAIN_SEPARATOR(), structHash));
    }

    function _authorizationDigest(
        bytes32 typehash,
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce
    ) internal view returns (bytes32) {
        return _digest(keccak256(abi.encode(typehash, from, to, value, validAfter, validBefore, nonce)));
    }
}
