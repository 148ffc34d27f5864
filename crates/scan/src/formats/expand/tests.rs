//! Every codec against what other programs wrote, and the ways in which a result is read.

use std::io::Write as _;

use super::*;
use crate::limits::Limits;
use crate::samples::packed;
use crate::source::read_full;

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Bytes that no codec makes much smaller.
fn noise(size: u32) -> Vec<u8> {
    (0..size).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

fn all(expanded: &Expanded<'_>) -> Vec<u8> {
    let mut bytes = vec![0; usize::try_from(expanded.size()).unwrap()];
    let count = read_full(expanded, &mut bytes, 0).unwrap();
    assert_eq!(count, bytes.len());
    bytes
}

/// The text of the samples in every codec.
fn written() -> impl Iterator<Item = (&'static str, Codec, Vec<u8>)> {
    packed::WRITTEN.iter().map(|(name, bytes)| {
        let codec = match name.rsplit('.').next().unwrap() {
            "bz2" => Codec::Bzip2,
            "xz" => Codec::Xz,
            "lzma" => Codec::Lzma,
            "zst" => Codec::Zstd,
            "lz4" => Codec::Lz4,
            "gz" => Codec::Gzip,
            _ => Codec::Zlib,
        };
        (*name, codec, bytes.to_vec())
    })
}

#[test]
fn large_results_read_the_same_forwards_and_backwards() {
    let bytes = noise(24 << 20);
    for (codec, raw) in [
        (Codec::Deflate, deflate(&bytes)),
        (Codec::Lz4, packed::lz4(&bytes)),
        (Codec::Zstd, packed::zstd(&bytes)),
    ] {
        let budget = Budget::new(&Limits::default());
        let expanded = Expanded::open(&raw, codec.clone(), &budget);
        assert_eq!(expanded.trouble, None, "{codec:?}");
        assert_eq!(expanded.size(), bytes.len() as u64);
        for offset in [23_000_000, 5, 8_000_000, 7_990_000, 20_000_000, 24 << 20] {
            let mut buffer = [0; 1000];
            let count = read_full(&expanded, &mut buffer, offset as u64).unwrap();
            let wanted = &bytes[offset.min(bytes.len())..(offset + 1000).min(bytes.len())];
            assert_eq!(&buffer[..count], wanted, "{codec:?} {offset}");
        }
    }
}

#[test]
fn steps_back_in_a_large_result_do_not_start_over() {
    let bytes = noise(64 << 20);
    let raw = deflate(&bytes);
    let budget = Budget::new(&Limits { expanded_bytes: 1 << 30, ..Limits::default() });
    let expanded = Expanded::open(&raw, Codec::Deflate, &budget);
    assert_eq!(expanded.trouble, None);
    // From the start each time, this would be 4 GB.
    for step in (0..128_u64).rev() {
        let mut buffer = [0; 16];
        let offset = step * (512 << 10);
        assert_eq!(read_full(&expanded, &mut buffer, offset).unwrap(), 16);
        let offset = usize::try_from(offset).unwrap();
        assert_eq!(buffer, bytes[offset..offset + 16]);
    }
}

#[test]
fn a_bomb_is_called_one() {
    let raw = deflate(&vec![0; 64 << 20]);
    let budget = Budget::new(&Limits { compression_ratio: 100, ..Limits::default() });
    let trouble = Expanded::open(&raw, Codec::Deflate, &budget).trouble;
    assert!(matches!(trouble, Some(Trouble::Bomb(_))), "{trouble:?}");
}

#[test]
fn what_came_out_of_a_cut_stream_is_there() {
    let raw = deflate(&noise(100_000));
    let budget = Budget::new(&Limits::default());
    let expanded = Expanded::open(&&raw[..raw.len() - 3], Codec::Deflate, &budget).size();
    assert!(expanded > 60_000);
}

#[test]
fn every_codec_reads_what_its_own_program_wrote() {
    let text = packed::text();
    for (name, codec, raw) in written() {
        let budget = Budget::new(&Limits::default());
        let expanded = Expanded::open(&raw, codec, &budget);
        assert_eq!(expanded.trouble, None, "{name}");
        assert_eq!(all(&expanded), text.as_bytes(), "{name}");
        assert_eq!(expanded.used, raw.len() as u64, "{name}");
    }
}

#[test]
fn a_stream_that_is_cut_or_bent_anywhere_is_survived() {
    for (_, codec, raw) in written() {
        for at in 0..raw.len() {
            let budget = Budget::new(&Limits::default());
            let cut = &raw[..at];
            Expanded::open(&cut, codec.clone(), &budget);
            for flip in [1_u8, 0x80, 0xff] {
                let mut bent = raw.clone();
                bent[at] ^= flip;
                Expanded::open(&bent, codec.clone(), &budget);
            }
        }
    }
}

#[test]
fn members_one_after_another_are_one_result_with_seams() {
    for (name, codec, raw) in written() {
        if matches!(codec, Codec::Lzma | Codec::Deflate | Codec::Zlib) {
            continue;
        }
        let twice = [raw.as_slice(), raw.as_slice()].concat();
        let budget = Budget::new(&Limits::default());
        let expanded = Expanded::open(&twice, codec, &budget);
        assert_eq!(expanded.trouble, None, "{name}");
        assert_eq!(expanded.size(), 2 * packed::text().len() as u64, "{name}");
        assert_eq!(expanded.seams, [packed::text().len() as u64], "{name}");
    }
}

#[test]
fn decoders_inside_each_other_share_their_memory() {
    let budget = Budget::new(&Limits::default());
    let all = budget.hold(budget.memory_left()).unwrap();
    for (name, codec, raw) in written() {
        let trouble = Expanded::open(&raw, codec.clone(), &budget).trouble;
        if !matches!(codec, Codec::Deflate | Codec::Zlib | Codec::Gzip) {
            let Some(Trouble::Broken(why)) = trouble else { panic!("{name}: {trouble:?}") };
            assert!(why.contains("bytes of memory ran out"), "{name}: {why}");
        }
    }
    drop(all);
    assert_eq!(budget.memory_left(), 36 << 20);
}
