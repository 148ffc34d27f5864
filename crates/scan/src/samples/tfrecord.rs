//! Records of `TensorFlow`.

use crc::{CRC_32_ISCSI, Crc};

/// One record: its length, the length's sum, the bytes, their sum.
pub fn record(data: &[u8]) -> Vec<u8> {
    let length = (data.len() as u64).to_le_bytes();
    [&length[..], &sum(&length), data, &sum(data)].concat()
}

/// A sum as records carry it: turned and shifted.
pub fn sum(bytes: &[u8]) -> [u8; 4] {
    let sum = Crc::<u32>::new(&CRC_32_ISCSI).checksum(bytes);
    sum.rotate_right(15).wrapping_add(0xa282_ead8).to_le_bytes()
}
