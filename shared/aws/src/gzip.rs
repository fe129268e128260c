//! Compression of what is kept: snapshots, configuration, spooled bodies.

use std::io::{self, Read, Write};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

/// No body is larger: an HTTP API takes 10 MB. A stream that unpacks to more is broken.
const LARGEST: u64 = 32 * 1024 * 1024;

/// The same bytes give the same result: no time is written into the header.
pub fn pack(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 2), Compression::fast());
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// The bytes again; an error if any of them is not what was packed (gzip carries length and checksum).
pub fn unpack(packed: &[u8]) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    GzDecoder::new(packed).take(LARGEST.saturating_add(1)).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > LARGEST {
        return Err(io::Error::other("unpacks to more than a body can be"));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packing_is_repeatable_and_damage_is_found() {
        let body = br#"{"id":1042,"line_items":[]}"#.repeat(50);
        let packed = pack(&body).unwrap();
        assert_eq!(packed, pack(&body).unwrap());
        assert!(packed.len() < body.len() / 10);
        assert_eq!(unpack(&packed).unwrap(), body);
        let mut damaged = packed.clone();
        let middle = damaged.len() / 2;
        damaged[middle] ^= 0x55;
        assert!(unpack(&damaged).is_err());
        assert!(unpack(&packed[..packed.len() - 9]).is_err());
    }
}
