//! Where the tables are. Their keys and indexes are read from template.yaml, so that the adapters are checked against what is deployed.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType,
};
use serde_json::Value;
use tokio::net::TcpListener;
use waybill_aws::{Dynamo, Names};

/// The tables in an embedded DynamoDB of this test alone.
pub async fn embedded() -> Dynamo {
    let (client, names) = embedded_client().await;
    Dynamo::with_client(client, &names)
}

/// As [`embedded`], with the client, for tests that look at rows.
pub async fn embedded_client() -> (Client, Names) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let database = dynoxide::Database::memory().expect("a database");
    tokio::spawn(dynoxide::server::serve_on(listener, database));
    let names = Names::new("embedded");
    let client = client(&format!("http://{address}"));
    create_tables(&client, &names).await;
    (client, names)
}

/// A client of a local endpoint, which takes any credentials.
pub fn client(endpoint: &str) -> Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .endpoint_url(endpoint)
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::for_tests())
        .http_client(waybill_aws::client::http_client())
        .build();
    Client::from_conf(config)
}

/// Creates the tables of the template under a deployment's names.
pub async fn create_tables(client: &Client, names: &Names) {
    let template = crate::yaml::parse(include_str!("../../template.yaml"));
    let resources = template["Resources"].as_object().expect("resources");
    let tables = resources.values().filter(|resource| resource["Type"] == "AWS::DynamoDB::Table");
    let mut count = 0;
    for table in tables.map(|resource| &resource["Properties"]) {
        let name = table["TableName"]["Fn::Sub"].as_str().and_then(|name| name.strip_prefix("${Deployment}-")).expect("a name");
        let attributes = list(&table["AttributeDefinitions"]).map(|attribute| {
            let definition = AttributeDefinition::builder().attribute_name(text(&attribute["AttributeName"]));
            definition.attribute_type(text(&attribute["AttributeType"]).into()).build().expect("an attribute")
        });
        let indexes: Vec<GlobalSecondaryIndex> = list(&table["GlobalSecondaryIndexes"]).map(index).collect();
        client
            .create_table()
            .table_name(names.table(name))
            .billing_mode(BillingMode::PayPerRequest)
            .set_attribute_definitions(Some(attributes.collect()))
            .set_key_schema(Some(keys(&table["KeySchema"])))
            .set_global_secondary_indexes((!indexes.is_empty()).then_some(indexes))
            .send()
            .await
            .expect("a table");
        count += 1;
    }
    assert_eq!(count, 7, "tables in the template");
}

fn index(index: &Value) -> GlobalSecondaryIndex {
    let projection = ProjectionType::from(text(&index["Projection"]["ProjectionType"]));
    GlobalSecondaryIndex::builder()
        .index_name(text(&index["IndexName"]))
        .set_key_schema(Some(keys(&index["KeySchema"])))
        .projection(Projection::builder().projection_type(projection).build())
        .build()
        .expect("an index")
}

fn keys(schema: &Value) -> Vec<KeySchemaElement> {
    let key = |key: &Value| {
        let element = KeySchemaElement::builder().attribute_name(text(&key["AttributeName"]));
        element.key_type(KeyType::from(text(&key["KeyType"]))).build().expect("a key")
    };
    list(schema).map(key).collect()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}
