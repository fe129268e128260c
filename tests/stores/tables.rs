//! What only tables have: parts, versions of configuration, caches.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use waybill_aws::{Dynamo, PutError};
use waybill_domain::config::MappedSku;
use waybill_domain::{ContentHash, OrderKey};
use waybill_testkit::memory::samples;
use waybill_workflow::ports::{Configs, Snapshots};

use crate::backends::embedded_client;

/// Bytes that do not compress.
fn noise(length: usize) -> Vec<u8> {
    let mut seed = ContentHash::of(b"");
    let mut body = Vec::new();
    while body.len() < length {
        seed = ContentHash::of(seed.as_str().as_bytes());
        body.extend(seed.as_str().bytes());
    }
    body
}

#[tokio::test]
async fn a_body_that_lacks_a_part_is_not_read_as_whole() {
    let (client, names) = embedded_client().await;
    let dynamo = Dynamo::with_client(client.clone(), &names);
    let key: OrderKey = "shop/1".parse().unwrap();
    let body = noise(1_400_000);
    let hash = ContentHash::of(&body);
    dynamo.put(&key, &hash, &body).await.unwrap();
    let rows = client.scan().table_name(names.table("snapshots")).into_paginator().items().send();
    let rows: Vec<_> = rows.collect::<Result<_, _>>().await.unwrap();
    let mut parts: Vec<String> =
        rows.iter().map(|row: &HashMap<_, _>| AttributeValue::as_s(&row["sk"]).unwrap().clone()).collect();
    parts.sort();
    assert!(parts.len() > 2, "{parts:?}");
    let delete = |part: &str| {
        let delete = client.delete_item().table_name(names.table("snapshots")).key("pk", AttributeValue::S("shop/1".to_owned()));
        delete.key("sk", AttributeValue::S(part.to_owned())).send()
    };
    let last = parts.iter().rfind(|part| !part.ends_with("#0")).unwrap();
    delete(last).await.unwrap();
    let error = dynamo.get(&key, &hash).await.unwrap_err();
    assert_eq!(error.to_string(), format!("snapshots is unavailable: {} of {} parts", parts.len() - 1, parts.len()));
    delete(&format!("{hash}#0")).await.unwrap();
    assert_eq!(dynamo.get(&key, &hash).await, Ok(None), "part 0 is written last: without it there is no body");
}

#[tokio::test]
async fn configuration_is_written_after_the_version_it_was_read_with() {
    let (client, names) = embedded_client().await;
    let dynamo = Dynamo::with_client(client.clone(), &names);
    let mut store = samples::store();
    store.version = 0;
    let first = dynamo.put_store(&store).await.unwrap();
    assert_eq!(first.version, 1);
    assert_eq!(dynamo.put_store(&store).await, Err(PutError::Conflict), "there is one already");
    let second = dynamo.put_store(&first).await.unwrap();
    assert_eq!(second.version, 2);
    assert_eq!(dynamo.put_store(&first).await, Err(PutError::Conflict), "somebody else changed it");
    let mut erp = samples::erp();
    erp.version = 0;
    let erp = dynamo.put_erp(&erp).await.unwrap();
    assert_eq!(dynamo.put_erp(&erp).await.unwrap().version, 2);
    assert_eq!(dynamo.stores().await.unwrap(), std::slice::from_ref(&second));
    assert_eq!(dynamo.erps().await.unwrap().len(), 1);
    let key = ("pk", AttributeValue::S("store/shop".to_owned()));
    let row = client.get_item().table_name(names.table("stores")).key(key.0, key.1).send().await.unwrap().item.unwrap();
    assert_eq!(row["version"].as_n().unwrap(), "2");
    assert_eq!(row["base_url"].as_s().unwrap(), &second.base_url);
}

#[tokio::test]
async fn warehouses_are_neither_stores_nor_erps() {
    let (client, names) = embedded_client().await;
    let (dynamo, reader) = (Dynamo::with_client(client.clone(), &names), Dynamo::with_client(client, &names));
    let mut warehouse = samples::warehouse();
    warehouse.version = 0;
    warehouse.ca_pem = Some("-----BEGIN CERTIFICATE-----".to_owned());
    assert_eq!(reader.warehouse(&warehouse.slug).await, Ok(None));
    let first = dynamo.put_warehouse(&warehouse).await.unwrap();
    assert_eq!((first.version, reader.warehouse(&warehouse.slug).await), (1, Ok(Some(first.clone()))));
    assert_eq!(dynamo.put_warehouse(&warehouse).await, Err(PutError::Conflict), "there is one already");
    let second = dynamo.put_warehouse(&first).await.unwrap();
    assert_eq!(dynamo.put_warehouse(&first).await, Err(PutError::Conflict), "somebody else changed it");
    // A store of the same name.
    let store = waybill_domain::StoreConfig { slug: "wms".parse().unwrap(), version: 0, ..samples::store() };
    let store = dynamo.put_store(&store).await.unwrap();
    assert_eq!(dynamo.warehouses().await, Ok(vec![second.clone()]));
    assert_eq!(dynamo.warehouse(&second.slug).await, Ok(Some(second)));
    assert_eq!(dynamo.stores().await, Ok(vec![store]));
    assert_eq!(dynamo.erps().await, Ok(Vec::new()));
}

#[tokio::test]
async fn configuration_is_read_once_a_minute_and_at_once_after_it_is_written() {
    let (client, names) = embedded_client().await;
    let (reader, writer) = (Dynamo::with_client(client.clone(), &names), Dynamo::with_client(client, &names));
    let mut store = samples::store();
    store.version = 0;
    assert_eq!(reader.store(&store.slug).await, Ok(None));
    let first = writer.put_store(&store).await.unwrap();
    assert_eq!(reader.store(&store.slug).await, Ok(Some(first.clone())), "that there was none is not remembered");
    let second = writer.put_store(&first).await.unwrap();
    assert_eq!(reader.store(&store.slug).await, Ok(Some(first)), "another environment may be a minute behind");
    assert_eq!(writer.store(&store.slug).await, Ok(Some(second.clone())));
    let third = writer.put_store(&second).await.unwrap();
    assert_eq!(writer.store(&store.slug).await, Ok(Some(third)));
    assert_eq!(reader.erp(&"acme".parse().unwrap()).await, Ok(None));
}

#[tokio::test]
async fn a_mapping_of_five_thousand_articles_fits_in_a_row() {
    let (client, names) = embedded_client().await;
    let dynamo = Dynamo::with_client(client, &names);
    let mut store = samples::store();
    store.version = 0;
    let random = noise(200_000);
    for (number, bytes) in random.chunks(40).take(5_000).enumerate() {
        let text = String::from_utf8_lossy(bytes);
        let mapped = MappedSku { erp_sku: format!("ART-{number:06}-{}", &text[20..36]).parse().unwrap(), shippable: true };
        store.mapping.skus.insert(format!("{number}-{}", &text[..20]).parse().unwrap(), mapped);
    }
    let written = dynamo.put_store(&store).await.unwrap();
    assert_eq!(dynamo.stores().await.unwrap(), [written]);
}
