//! Secrets.

use std::time::Duration;

use serde_json::json;
use waybill_aws::{Names, Secrets};
use waybill_domain::StoreSlug;
use waybill_workflow::ports::{Client, Clients, Scope, StoreSecrets, WebhookSecrets};

use crate::canned::{Answer, Canned, error, ok};

fn secrets(canned: &Canned) -> Secrets {
    Secrets::new(&canned.config, &Names::new("test"))
}

fn shop() -> StoreSlug {
    "shop".parse().unwrap()
}

fn value(text: &str) -> Answer {
    ok(json!({ "Name": "test/store/shop", "SecretString": text }))
}

const SHOP: &str = r#"{"webhook_secrets":["one","two"],"consumer_key":"ck_1","consumer_secret":"cs_1"}"#;

#[tokio::test]
async fn a_secret_is_read_once_by_all_who_share_the_cache() {
    let canned = Canned::new([value(SHOP)]).await;
    let secrets = secrets(&canned);
    let expected = Some(vec!["one".to_owned(), "two".to_owned()]);
    assert_eq!(secrets.webhook_secrets(&shop(), false).await, Ok(expected.clone()));
    assert_eq!(secrets.clone().webhook_secrets(&shop(), true).await, Ok(expected), "it was read a moment ago");
    let all = secrets.store(&shop()).await.unwrap().unwrap();
    assert_eq!((all.consumer_key.as_str(), all.consumer_secret.as_str()), ("ck_1", "cs_1"));
    assert_eq!(canned.requests()[0].body["SecretId"], "test/store/shop");
    assert_eq!(canned.requests().len(), 1);
}

#[tokio::test]
async fn an_unknown_store_is_asked_for_once() {
    for code in ["ResourceNotFoundException", "InvalidRequestException"] {
        let canned = Canned::new([error(400, code)]).await;
        let secrets = secrets(&canned);
        assert_eq!(secrets.webhook_secrets(&shop(), false).await, Ok(None), "{code}");
        assert_eq!(secrets.webhook_secrets(&shop(), true).await, Ok(None), "{code}");
        assert_eq!(canned.requests().len(), 1);
    }
}

#[tokio::test]
async fn other_errors_are_not_kept() {
    let canned = Canned::new([error(400, "AccessDeniedException"), value(SHOP)]).await;
    let secrets = secrets(&canned);
    let refused = secrets.webhook_secrets(&shop(), false).await.unwrap_err();
    assert_eq!(refused.to_string(), "secrets is unavailable: AccessDeniedException");
    assert!(secrets.webhook_secrets(&shop(), false).await.unwrap().is_some());
}

#[tokio::test]
async fn what_was_read_serves_on_while_the_service_is_away() {
    let refused = || error(400, "AccessDeniedException");
    let canned = Canned::new([value(SHOP), refused(), refused(), value(r#"{"webhook_secrets":["three"]}"#)]).await;
    let secrets = secrets(&canned);
    let known = Some(vec!["one".to_owned(), "two".to_owned()]);
    let after = |seconds| secrets.after(Duration::from_secs(seconds));
    assert_eq!(secrets.webhook_secrets(&shop(), false).await, Ok(known.clone()));
    assert_eq!(after(300).webhook_secrets(&shop(), false).await, Ok(known.clone()), "asked, refused, served");
    assert_eq!(after(309).webhook_secrets(&shop(), false).await, Ok(known.clone()), "not asked again so soon");
    // A signature that does not fit may be made with a secret that is new: nobody can tell, so nobody says no.
    let unknown = after(309).webhook_secrets(&shop(), true).await.unwrap_err();
    assert_eq!(unknown.to_string(), "secrets is unavailable: it did not answer a moment ago");
    assert_eq!(
        after(320).webhook_secrets(&shop(), true).await.unwrap_err().to_string(),
        "secrets is unavailable: AccessDeniedException"
    );
    assert_eq!(after(331).webhook_secrets(&shop(), false).await, Ok(Some(vec!["three".to_owned()])), "it is back");
    assert_eq!(canned.requests().len(), 4);
}

#[tokio::test]
async fn nothing_serves_for_longer_than_a_day() {
    let canned = Canned::new([value(SHOP), error(400, "AccessDeniedException")]).await;
    let secrets = secrets(&canned);
    assert!(secrets.webhook_secrets(&shop(), false).await.is_ok());
    assert!(secrets.after(Duration::from_secs(86_400)).webhook_secrets(&shop(), false).await.is_err());
    assert_eq!(canned.requests().len(), 2);
}

#[tokio::test]
async fn a_secret_of_another_form_is_not_shown() {
    for text in [r#"{"webhook_secrets":"hunter2"}"#, "hunter2", r#"{"token":["hunter2"]}"#] {
        let canned = Canned::new([value(text), value(text)]).await;
        let secrets = secrets(&canned);
        let store = secrets.webhook_secrets(&shop(), false).await.unwrap_err();
        let erp = secrets.erp_token(&"acme".parse().unwrap()).await.unwrap_err();
        assert!(!format!("{store:?} {erp:?} {secrets:?}").contains("hunter2"));
    }
}

#[tokio::test]
async fn writing_creates_what_is_not_there_and_forgets_what_was_kept() {
    let canned = Canned::new([
        error(400, "ResourceNotFoundException"),
        error(400, "ResourceNotFoundException"),
        ok(json!({})),
        value(SHOP),
        ok(json!({})),
    ])
    .await;
    let secrets = secrets(&canned);
    assert_eq!(secrets.webhook_secrets(&shop(), false).await, Ok(None));
    let written = StoreSecrets {
        webhook_secrets: vec!["one".to_owned()],
        consumer_key: "ck_1".to_owned(),
        consumer_secret: "cs_1".to_owned(),
    };
    secrets.put_store(&shop(), &written).await.unwrap();
    assert!(secrets.webhook_secrets(&shop(), false).await.unwrap().is_some(), "it is known that there is one now");
    secrets.put_erp_token(&"acme".parse().unwrap(), "t").await.unwrap();
    let requests = canned.requests();
    let operations: Vec<&str> = requests.iter().map(|request| request.operation.as_str()).collect();
    assert_eq!(operations, ["GetSecretValue", "PutSecretValue", "CreateSecret", "GetSecretValue", "PutSecretValue"]);
    assert_eq!(requests[2].body["Name"], "test/store/shop");
    let created: serde_json::Value = serde_json::from_str(requests[2].body["SecretString"].as_str().unwrap()).unwrap();
    assert_eq!(created, json!({ "webhook_secrets": ["one"], "consumer_key": "ck_1", "consumer_secret": "cs_1" }));
    assert_eq!(
        (&requests[4].body["SecretId"], &requests[4].body["SecretString"]),
        (&json!("test/erp/acme"), &json!(r#"{"token":"t"}"#))
    );
}

const BERLIN: &str = r#"{"secrets":["new","old"],"scopes":["shipments","fulfilments"],"stores":["shop"]}"#;

#[tokio::test]
async fn a_client_is_written_as_it_is_read() {
    let canned = Canned::new([ok(json!({})), value(BERLIN), value(r#"{"secrets":["s"],"scopes":["all"],"stores":[]}"#)]).await;
    let (secrets, berlin) = (secrets(&canned), "berlin".parse().unwrap());
    let client = Client {
        secrets: vec!["new".to_owned(), "old".to_owned()],
        scopes: vec![Scope::Shipments, Scope::Fulfilments],
        stores: vec![shop()],
    };
    secrets.put_client(&berlin, &client).await.unwrap();
    assert_eq!(secrets.client(&berlin, false).await, Ok(Some(client)));
    assert_eq!(secrets.client(&berlin, true).await.map(|client| client.is_some()), Ok(true), "it was read a moment ago");
    assert!(secrets.client(&"paris".parse().unwrap(), false).await.is_err(), "a scope that nobody knows is no scope");
    let requests = canned.requests();
    assert_eq!(requests.len(), 3);
    assert_eq!(requests[0].body["SecretId"], "test/client/berlin");
    assert_eq!(requests[0].body["SecretString"], BERLIN);
    assert_eq!(requests[1].body["SecretId"], "test/client/berlin");
}

#[tokio::test]
async fn clients_are_listed_by_the_names_of_their_secrets() {
    let entries = |names: &[&str]| names.iter().map(|name| json!({ "Name": name })).collect::<Vec<_>>();
    let first = entries(&["test/client/paris", "Test/client/rome", "test/store/shop"]);
    let second = entries(&["test/client/berlin", "test/client/No Slug"]);
    let canned =
        Canned::new([ok(json!({ "SecretList": first, "NextToken": "next" })), ok(json!({ "SecretList": second }))]).await;
    let slugs: Vec<String> = secrets(&canned).client_slugs().await.unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(slugs, ["berlin", "paris"]);
    assert_eq!(canned.requests()[0].body["Filters"], json!([{ "Key": "name", "Values": ["test/client/"] }]));
}
