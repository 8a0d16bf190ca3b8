//! A hash that is the same on every machine and in every version: FNV-1a of 128 bits.
//!
//! It tells whether a file is the one that was written. It is no defence against somebody who wants two files to look
//! the same, and nothing here needs one.

const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;

/// The hash of a text, as 32 hexadecimal digits.
pub fn hash(text: &[u8]) -> String {
    let hash = text.iter().fold(OFFSET, |hash, byte| (hash ^ u128::from(*byte)).wrapping_mul(PRIME));
    format!("{hash:032x}")
}

/// The first digits, to tell long names apart.
pub(super) fn short(text: &str) -> String {
    hash(text.as_bytes()).chars().take(8).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values() {
        assert_eq!(hash(b""), "6c62272e07bb014262b821756295c58d");
        assert_eq!(hash(b"a"), "d228cb696f1a8caf78912b704e4a8964");
        assert_eq!(hash(b"foobar"), "343e1662793c64bf6f0d3597ba446f18");
    }
}
