//! The suite against the local AWS, and what of queues, bus and secrets only a service can answer.
//!
//! The tables are a deployment of their own beside the one that `up` makes: behind that one's stream and queues functions are at work.

use std::path::{Path, PathBuf};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use waybill_aws::{Bus, Dynamo, Names, Queues, Secrets, Sqs, spooled_from_message};
use waybill_cli::local::{self, UpOptions, progress::Quiet};
use waybill_contracts::{Command, Fact, Origin};
use waybill_domain::{Step, StoreSlug};
use waybill_testkit::contract;
use waybill_workflow::ports::{
    Client, Clients, CommandQueue, Delivery, FactBus, Outgoing, Scope, Spool, Spooled, StoreSecrets, WebhookSecrets,
};

use crate::backends::create_tables;

/// A local system of this test alone, which ends with it.
struct Local(PathBuf);

impl Local {
    fn up() -> (Self, SdkConfig) {
        let state = Path::new(env!("CARGO_TARGET_TMPDIR")).join("stores");
        local::down(Some(state.clone())).expect("left by an aborted run, or nothing");
        let local = Local(state.clone());
        let endpoints = local::up(&UpOptions { port: Some(0), state: Some(state), as_tests_do: true }, &Quiet)
            .expect("the local AWS comes up");
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .endpoint_url(&endpoints.aws_endpoint_url)
            .region(Region::new(endpoints.region))
            .credentials_provider(SharedCredentialsProvider::new(Credentials::for_tests()))
            .http_client(waybill_aws::client::http_client())
            .build();
        (local, config)
    }
}

impl Drop for Local {
    fn drop(&mut self) {
        if let Err(error) = local::down(Some(self.0.clone())) {
            eprintln!("the local AWS did not end: {error}");
        }
    }
}

#[test]
fn the_local_aws_keeps_the_contract() {
    let (_local, config) = Local::up();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let names = Names::new("stores-suite");
        create_tables(&aws_sdk_dynamodb::Client::new(&config), &names).await;
        contract::all(&Dynamo::new(&config, &names)).await;
        queues_take_what_is_sent(&config, &names).await;
        the_bus_takes_facts(&config, &names).await;
        secrets_are_created_replaced_and_read(&config, &names).await;
    });
}

/// Groups on standard queues, delays, and a delivery that is put aside, read back as the function reads it.
async fn queues_take_what_is_sent(config: &SdkConfig, names: &Names) {
    let client = aws_sdk_sqs::Client::new(config);
    for step in Step::ALL {
        client.create_queue().queue_name(names.queue(step)).send().await.expect("a queue");
    }
    let queues = Queues::find(&client, names).await.expect("all queues");
    let sqs = Sqs::new(config, queues.clone());
    let command = |id: u64| Command::new(Step::Reserve, format!("shop/{id}").parse().expect("a key"), Origin::Line, 3);
    let sent: Vec<Outgoing> = (1..=12).map(|id| Outgoing { command: command(id), delay_seconds: 0 }).collect();
    sqs.send(&sent).await.expect("sent");
    let later = Outgoing { command: Command { step: Step::Refund, ..command(99) }, delay_seconds: 900 };
    sqs.send(&[later]).await.expect("sent");
    let spooled = Spooled {
        delivery: Delivery { store: "shop".to_owned(), body: b"{\"id\":1}".to_vec(), ..Delivery::default() },
        verified: true,
    };
    sqs.spool(&spooled).await.expect("put aside");

    let url = queues.url(Step::Reserve).expect("an address");
    let mut received = Vec::new();
    while received.len() < 12 {
        let receive = client.receive_message().queue_url(url).max_number_of_messages(10).wait_time_seconds(5);
        let messages = receive.send().await.expect("received").messages.unwrap_or_default();
        assert!(!messages.is_empty(), "{} of 12 messages", received.len());
        let visible: Vec<(String, u32)> = messages.iter().map(|m| (m.receipt_handle.clone().unwrap_or_default(), 600)).collect();
        sqs.change_visibility(url, &visible).await.expect("changed");
        received.extend(messages);
    }
    let commands =
        received.iter().map(|message| serde_json::from_str::<Command>(message.body().unwrap_or_default()).expect("a command"));
    let mut ids: Vec<u64> = commands.map(|command| command.order.id).collect();
    ids.sort_unstable();
    assert_eq!(ids, (1..=12).collect::<Vec<_>>());

    let receive = async |step| {
        let receive = client.receive_message().queue_url(queues.url(step).expect("an address"));
        receive.send().await.expect("received").messages.unwrap_or_default()
    };
    assert_eq!(receive(Step::Refund).await.len(), 0, "it is delayed");
    let spool = receive(Step::Intake).await;
    assert_eq!(spooled_from_message(spool[0].body().unwrap_or_default()), Ok(spooled));
}

async fn the_bus_takes_facts(config: &SdkConfig, names: &Names) {
    let bus = Bus::new(config, names);
    aws_sdk_eventbridge::Client::new(config).create_event_bus().name(names.deployment()).send().await.expect("a bus");
    let order = contract::happy_path(&"shop/1042".parse().expect("a key"), &[("MUG", 1)]).pop().expect("an order");
    let facts: Vec<Fact> = order.events.iter().cycle().take(12).map(|event| Fact::of(&order, event)).collect();
    bus.publish(&facts).await.expect("published");
}

async fn secrets_are_created_replaced_and_read(config: &SdkConfig, names: &Names) {
    let shop: StoreSlug = "shop".parse().expect("a slug");
    assert_eq!(Secrets::new(config, names).webhook_secrets(&shop, false).await, Ok(None));
    for secret in ["one", "two"] {
        let written = StoreSecrets { webhook_secrets: vec![secret.to_owned()], ..StoreSecrets::default() };
        Secrets::new(config, names).put_store(&shop, &written).await.expect("written");
        let read = Secrets::new(config, names).webhook_secrets(&shop, false).await;
        assert_eq!(read, Ok(Some(vec![secret.to_owned()])));
    }
    let (secrets, acme) = (Secrets::new(config, names), "acme".parse().expect("a slug"));
    secrets.put_erp_token(&acme, "token").await.expect("written");
    assert_eq!(secrets.erp_token(&acme).await, Ok(Some("token".to_owned())));
    let client = Client { secrets: vec!["new".to_owned()], scopes: vec![Scope::Returns], stores: vec![shop] };
    assert_eq!(secrets.client_slugs().await, Ok(Vec::new()), "stores and ERPs are no clients");
    let (paris, berlin) = ("paris".parse().expect("a slug"), "berlin".parse().expect("a slug"));
    for slug in [&paris, &berlin] {
        secrets.put_client(slug, &client).await.expect("written");
    }
    assert_eq!(secrets.client(&berlin, false).await, Ok(Some(client)));
    assert_eq!(secrets.client_slugs().await, Ok(vec![berlin, paris]));
}
