//! The gzip form of a body, without making it smaller (RFC 1952, with stored blocks of RFC 1951). Reads nothing.

/// The most that a stored block holds, in bytes.
const LARGEST_BLOCK: usize = 0xffff;

/// A gzip file with these bytes in it.
pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    // Deflate, no flags, no time, an unknown operating system.
    let mut file = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    let mut blocks = bytes.chunks(LARGEST_BLOCK).peekable();
    if blocks.peek().is_none() {
        block(&mut file, &[], true);
    }
    while let Some(stored) = blocks.next() {
        block(&mut file, stored, blocks.peek().is_none());
    }
    file.extend(crc32(bytes).to_le_bytes());
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the length is written modulo 2^32"
    )]
    file.extend((bytes.len() as u32).to_le_bytes());
    file
}

fn block(file: &mut Vec<u8>, stored: &[u8], is_last: bool) {
    let length = u16::try_from(stored.len()).expect("a block is no longer than 65,535 bytes");
    file.push(u8::from(is_last));
    file.extend(length.to_le_bytes());
    file.extend((!length).to_le_bytes());
    file.extend(stored);
}

fn crc32(bytes: &[u8]) -> u32 {
    let rest = bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 }
        })
    });
    !rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_the_standard() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn a_file_is_what_gzip_itself_reads() {
        // printf abc | gzip, but for the block: 01 03 00 fc ff stands for "the last one, 3 bytes, stored".
        let file = gzip(b"abc");
        assert_eq!(file[10..18], *b"\x01\x03\x00\xfc\xffabc");
        assert_eq!(file[18..], [0xc2, 0x41, 0x24, 0x35, 3, 0, 0, 0]);
        assert_eq!(
            gzip(b"")[10..],
            [1, 0, 0, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0]
        );
        let long = gzip(&vec![b'x'; LARGEST_BLOCK + 1]);
        assert_eq!((long[10], long[10 + 5 + LARGEST_BLOCK]), (0, 1));
    }
}
