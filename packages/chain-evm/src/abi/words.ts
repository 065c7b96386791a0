/** The 32-byte words that calldata and answers are made of, as hex digits without 0x. */
import type { Hex } from '../hash/hex.ts';

const DIGITS = 64;

/** An unsigned integer below 2^256. */
export function uintWord(value: bigint): string {
  return value.toString(16).padStart(DIGITS, '0');
}

/** A length or an offset. */
export function sizeWord(value: number): string {
  return value.toString(16).padStart(DIGITS, '0');
}

/** A lower-case address. */
export function addressWord(address: Hex): string {
  return `000000000000000000000000${address.slice(2)}`;
}

/** 32 bytes as they are. */
export function bytes32Word(bytes: Hex): string {
  return bytes.slice(2);
}

/** `bytes` in the tail of an encoding: its length, then its digits up to a whole word. */
export function bytesTail(digits: string): string {
  return sizeWord(digits.length / 2) + digits.padEnd(Math.ceil(digits.length / DIGITS) * DIGITS, '0');
}

/** The word at `index` of an answer; undefined when the answer is shorter. */
export function wordAt(digits: string, index: number): string | undefined {
  const start = index * DIGITS;
  return digits.length >= start + DIGITS ? digits.slice(start, start + DIGITS) : undefined;
}

/** An answer that is one unsigned integer; undefined when it is too short for one. */
export function readUint(digits: string): bigint | undefined {
  const word = wordAt(digits, 0);
  return word === undefined ? undefined : BigInt(`0x${word}`);
}

/** An answer that is one boolean; undefined when it is not. */
export function readBool(digits: string): boolean | undefined {
  const value = readUint(digits);
  return value === 0n ? false : value === 1n ? true : undefined;
}

/** An answer that is one string; undefined when it is not. Old tokens answer bytes32, which is read as text too. */
export function readString(digits: string): string | undefined {
  if (digits.length === DIGITS) return Buffer.from(digits, 'hex').toString('utf8').replace(/\0+$/, '');
  return readStringAt(digits, 0);
}

/** The string whose offset is the word at `index`. */
export function readStringAt(digits: string, index: number): string | undefined {
  const start = readSize(digits, index);
  if (start === undefined || start % 32 !== 0) return undefined;
  const length = readSize(digits, start / 32);
  if (length === undefined) return undefined;
  const from = start * 2 + DIGITS;
  const text = digits.slice(from, from + length * 2);
  return text.length === length * 2 ? Buffer.from(text, 'hex').toString('utf8') : undefined;
}

/** A length or an offset that can exist: at most eight hex digits. */
export function readSize(digits: string, index: number): number | undefined {
  const word = wordAt(digits, index);
  if (word === undefined || !word.startsWith('0'.repeat(DIGITS - 8))) return undefined;
  return Number.parseInt(word.slice(-8), 16);
}
