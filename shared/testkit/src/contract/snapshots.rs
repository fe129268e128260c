//! Bodies, byte for byte.

use waybill_domain::ContentHash;

use super::fixtures::noise;
use super::{Names, Stores};

/// Any bytes, none at all, and again.
pub async fn bytes_come_back(stores: &impl Stores) {
    let names = Names::new();
    let (key, other) = (names.key(1), names.key(2));
    for body in [&b"{\"id\":1}"[..], &[0, 0xff, 0xc3, 0x28], &[]] {
        let hash = ContentHash::of(body);
        assert_eq!(stores.get(&key, &hash).await.expect("get"), None);
        stores.put(&key, &hash, body).await.expect("put");
        stores.put(&key, &hash, body).await.expect("put again");
        assert_eq!(stores.get(&key, &hash).await.expect("get").as_deref(), Some(body));
        assert_eq!(stores.get(&other, &hash).await.expect("get"), None, "bodies belong to their order");
    }
}

/// A body that needs several parts even when it is compressed.
pub async fn a_large_body_comes_back(stores: &impl Stores) {
    let names = Names::new();
    let key = names.key(1);
    for length in [350 * 1024, 360 * 1024, 1_300_000] {
        let body = noise(length);
        let hash = ContentHash::of(&body);
        stores.put(&key, &hash, &body).await.expect("put");
        stores.put(&key, &hash, &body).await.expect("put again");
        assert!(stores.get(&key, &hash).await.expect("get").as_ref() == Some(&body), "{length} bytes");
    }
}

/// The content hash leaves out dates and meta data, so bodies of one hash may differ: the last one is there, whole, however many parts the
/// one before had.
pub async fn another_body_of_the_same_content_replaces_it(stores: &impl Stores) {
    let names = Names::new();
    let (key, hash) = (names.key(1), ContentHash::of(b"content"));
    let large = noise(1_000_000);
    let other: Vec<u8> = noise(900_000).into_iter().rev().collect();
    for body in [&large[..], &other, b"small", &large] {
        stores.put(&key, &hash, body).await.expect("put");
        assert!(stores.get(&key, &hash).await.expect("get").as_deref() == Some(body), "{} bytes", body.len());
    }
}
