//! Each misbehaviour of the fake.

use waybill_connectors::warehouse::PushedWarehouses;
use waybill_testkit::warehouse::Fault;
use waybill_workflow::ports::WarehouseDesk;

use crate::support::{Secrets, config, fulfilment, kind, setup};

#[tokio::test]
async fn every_fault_and_the_push_after_it() {
    let mut seen = Vec::new();
    for (name, fault) in Fault::all() {
        let (fake, desk, config) = setup().await;
        fake.next(1, &fault);
        let first = kind(desk.push(&config, &fulfilment(1)).await);
        let told = fake.fulfilments().len();
        assert!(first != "ok" || told == 1, "{name}: called done, and the warehouse knows nothing");
        // Whatever happened, saying it again ends with one fulfilment.
        assert_eq!(kind(desk.push(&config, &fulfilment(1)).await), "ok", "{name}");
        let counts = fake.counts();
        assert_eq!((fake.fulfilments().len(), counts.taken, counts.malformed, counts.unsigned), (1, 1, 0, 0), "{name}");
        seen.push(format!("{name}: {first}"));
    }
    assert_eq!(
        seen,
        [
            "hang: down",
            "taken_in_silence: down",
            "dropped: down",
            "taken_and_dropped: down",
            "truncated: ok",
            "internal_500: down",
            "bad_gateway_after_work: down",
            "outage: down",
            "maintenance: busy 7",
            "throttled: busy 3",
            "redirect: down",
            "login: down",
            "nobody_there: down",
            "refused: warehouse_refused",
            "refused_without_a_word: warehouse_refused",
        ]
    );
}

#[tokio::test]
async fn a_refusal_shows_its_code_and_none_of_its_words() {
    let (fake, desk, config) = setup().await;
    for (body, said) in [
        (r#"{"code":"unknown_sku","message":"Jane Doe"}"#, " (unknown_sku)"),
        (r#"{"code":"Jane Doe"}"#, ""),
        (r#"{"code":""}"#, ""),
        (r#"{"code":7}"#, ""),
        ("Jane Doe", ""),
    ] {
        fake.next(1, &Fault::reply(422, body));
        let error = desk.push(&config, &fulfilment(1)).await.unwrap_err();
        assert_eq!(error.to_string(), format!("warehouse_refused: the warehouse refuses the fulfilment with status 422{said}"));
    }
}

#[tokio::test]
async fn a_warehouse_that_is_down_is_told_when_it_is_back() {
    let (mut fake, desk, config) = setup().await;
    desk.push(&config, &fulfilment(1)).await.unwrap();
    fake.go_down();
    assert_eq!(kind(desk.push(&config, &fulfilment(2)).await), "down");
    fake.come_back().await.unwrap();
    assert_eq!(kind(desk.push(&config, &fulfilment(2)).await), "ok");
    assert_eq!(fake.fulfilment("brand-b-1042").unwrap().revision, 2);
}

#[tokio::test]
async fn an_answer_without_end_is_not_read_to_its_end() {
    let (fake, desk, config) = setup().await;
    let long = "x".repeat(1 << 20);
    for (status, expected) in [(200, "ok"), (500, "down"), (422, "warehouse_refused")] {
        fake.next(1, &Fault { taken: status == 200, ..Fault::reply(status, &long) });
        assert_eq!(kind(desk.push(&config, &fulfilment(1)).await), expected);
    }
}

#[tokio::test]
async fn nothing_is_sent_without_a_secret_or_to_an_address_that_cannot_be() {
    let (fake, _, good) = setup().await;
    let secrets = Secrets::of(&["fake-warehouse-secret"]);
    let desk = PushedWarehouses::new(secrets.clone());
    secrets.set(None);
    assert_eq!(kind(desk.push(&good, &fulfilment(1)).await), "busy -", "Secrets Manager is away");
    for none in [&[][..], &["", "old"], &[" "]] {
        secrets.set(Some(none));
        assert_eq!(kind(desk.push(&good, &fulfilment(1)).await), "warehouse_secret_missing");
    }
    secrets.set(Some(&["fake-warehouse-secret"]));
    let mut stranger = good.clone();
    stranger.slug = "hamburg".parse().unwrap();
    assert_eq!(kind(desk.push(&stranger, &fulfilment(1)).await), "warehouse_secret_missing");
    for url in ["http://wms.example/push", "https://wms.example/push?token=1", "wms.example", "https://user:pw@wms.example/"] {
        assert_eq!(kind(desk.push(&config(url), &fulfilment(1)).await), "warehouse_config_invalid", "{url}");
    }
    let broken_ca = waybill_domain::WarehouseConfig { ca_pem: Some("no PEM".into()), ..good };
    assert_eq!(kind(desk.push(&broken_ca, &fulfilment(1)).await), "warehouse_config_invalid");
    assert_eq!(fake.counts().requests, 0);
}
