//! Each row of the table of errors, at each kind of step. What may have happened is never called surely not done.

use serde_json::json;
use waybill_workflow::CallError;
use waybill_workflow::ports::erp::{ErpOrders, Unfinished};

use crate::server::{Answer, Server, invoice, order, sale};

const GATEWAY: &str = "upstream";

/// The rows.
fn rows() -> Vec<(&'static str, Answer)> {
    let serialize = "could not serialize access due to concurrent update";
    vec![
        ("validation", Answer::refusal("The value \"99999\" for field \"Product\" in \"Sale Line\" does not exist.")),
        ("malformed", Answer::html(400, "Bad Request", "Unable to read JSON request")),
        ("unforeseen", Answer::html(500, "Internal Server Error", "&#39;nope&#39;")),
        ("bad key", Answer::html(401, "Unauthorized", "The server could not verify that you are authorized")),
        ("no access", Answer::html(403, "Forbidden", "You don&#39;t have the permission")),
        ("missing", Answer::html(404, "Not Found", "The requested URL was not found on the server.")),
        ("throttled", Answer::html(429, "Too Many Requests", "This user has exceeded an allotted request count.")),
        ("contention", Answer::html(503, "Service Unavailable", serialize)),
        ("locked", Answer::html(503, "Service Unavailable", "could not obtain lock on row in relation &#34;sale_sale&#34;")),
        ("outage", Answer::html(503, "Service Unavailable", "couldn&#39;t get a connection after 30.00 sec")),
        (
            "database lost",
            Answer::html(503, "Service Unavailable", "consuming input failed: server closed the connection unexpectedly"),
        ),
        ("gateway", Answer::html(502, "Bad Gateway", GATEWAY)),
        ("gateway 500", Answer::Page(500, "text/plain", GATEWAY.to_owned())),
        ("elsewhere", Answer::html(302, "Found", "Login")),
        ("garbage", Answer::Page(200, "application/json", "{\"id\": \"x\"".to_owned())),
        ("cut", Answer::Cut),
    ]
}

fn kind<T>(result: Result<T, CallError>) -> String {
    match result {
        Ok(_) => "ok".to_owned(),
        Err(CallError::Busy { .. }) => "busy".to_owned(),
        Err(CallError::Down { .. }) => "down".to_owned(),
        Err(CallError::Refused { code, .. }) => code,
        Err(CallError::Unknown { .. }) => "unknown".to_owned(),
    }
}

/// How a posting ends when this request is answered like that.
async fn ends(request: &str, answer: Answer) -> String {
    let server = Server::start().await;
    server.instead(request, answer);
    // Had it been confirmed, this would show it.
    if request.ends_with("/confirm") {
        server.instead("GET sale.sale/10", Answer::json(200, &sale("quotation", &[])));
    }
    let result = server.erp().create(&order()).await;
    match result {
        Ok(record) if matches!(record.unfinished, Some(Unfinished::Refused(_))) => "held".to_owned(),
        result => kind(result),
    }
}

/// All rows at once: contention is met with pauses.
async fn table(request: &'static str) -> Vec<String> {
    let rows =
        rows().into_iter().map(|(name, answer)| tokio::spawn(async move { format!("{name}: {}", ends(request, answer).await) }));
    let mut seen = Vec::new();
    for row in rows.collect::<Vec<_>>() {
        seen.push(row.await.unwrap());
    }
    seen
}

/// A look-up, and whatever reads before the confirmation.
#[tokio::test]
async fn a_read() {
    let expected = [
        "validation: erp_refused",
        "malformed: erp_malformed",
        "unforeseen: erp_rejected",
        "bad key: down",
        "no access: erp_forbidden",
        "missing: down",
        "throttled: busy",
        "contention: busy",
        "locked: busy",
        "outage: down",
        "database lost: down",
        "gateway: down",
        "gateway 500: down",
        "elsewhere: down",
        "garbage: down",
        "cut: down",
    ];
    assert_eq!(table("GET sale.sale").await, expected);
    assert_eq!(table("GET party.party").await, expected);
}

/// The draft, which is no order whatever becomes of it.
#[tokio::test]
async fn a_draft() {
    let seen = table("POST sale.sale").await;
    assert!(seen.iter().all(|row| !row.ends_with("unknown") && !row.ends_with("ok")), "{seen:?}");
    let quoted = table("POST sale.sale/10/quote").await;
    let expected = [
        // The draft is no draft any more when it is read after the refusal, so somebody else is at it.
        "validation: unknown",
        "malformed: unknown",
        "unforeseen: unknown",
        "bad key: down",
        "no access: unknown",
        "missing: unknown",
        "throttled: busy",
        "contention: busy",
        "locked: busy",
        "outage: down",
        "database lost: down",
        "gateway: down",
        "gateway 500: down",
        "elsewhere: down",
        "garbage: down",
        "cut: down",
    ];
    assert_eq!(quoted, expected);
}

/// The call that binds: what cannot have happened is said so, everything else is unknown.
#[tokio::test]
async fn the_confirmation() {
    let expected = [
        "validation: erp_refused",
        "malformed: erp_malformed",
        "unforeseen: erp_rejected",
        "bad key: down",
        "no access: erp_forbidden",
        "missing: unknown",
        "throttled: busy",
        "contention: busy",
        "locked: busy",
        "outage: down",
        "database lost: unknown",
        "gateway: unknown",
        "gateway 500: unknown",
        "elsewhere: down",
        "garbage: unknown",
        "cut: unknown",
    ];
    assert_eq!(table("POST sale.sale/10/confirm").await, expected);
}

/// After it there is an order: never "surely not done", and what Tryton refuses for good is a matter for people.
#[tokio::test]
async fn what_comes_after_the_confirmation() {
    for request in ["POST account.invoice/5/post", "POST account.statement", "POST account.statement/6/validate_statement"] {
        for row in table(request).await {
            let (name, end) = row.split_once(": ").unwrap();
            let refused = matches!(name, "validation" | "malformed" | "unforeseen" | "no access");
            assert_eq!(end, if refused { "held" } else { "unknown" }, "{request}, {row}");
        }
    }
    // What cannot be reserved stays waiting; the order is one all the same.
    assert_eq!(ends("POST stock.shipment.out/3/assign_try", Answer::refusal("no")).await, "ok");
}

/// Tryton answers the confirmation after the tasks behind it: what goes wrong there says nothing of the order.
#[tokio::test]
async fn an_answer_of_the_tasks_behind_the_confirmation() {
    for words in ["couldn&#39;t get a connection after 30.00 sec", "could not obtain lock on row in relation &#34;sale_sale&#34;"]
    {
        let server = Server::start().await;
        server.instead("POST sale.sale/10/confirm", Answer::html(503, "Service Unavailable", words));
        assert_eq!(kind(server.erp().create(&order()).await), "ok", "{words}");
    }
}

/// An article without accounts: Tryton swallows why when it confirms, and says so when it is asked to go on.
#[tokio::test]
async fn a_sale_that_cannot_be_processed_is_held() {
    let server = Server::start().await;
    server.instead("GET sale.sale/10", Answer::json(200, &sale("confirmed", &[])));
    server.instead("POST sale.sale/10/process", Answer::refusal("There is no account revenue on product."));
    let record = server.erp().create(&order()).await.unwrap();
    assert!(matches!(record.unfinished, Some(Unfinished::Refused(_))), "{record:?}");
}

/// While it loads its modules it trips over everything: that is no order's fault.
#[tokio::test]
async fn a_tryton_that_starts_is_down() {
    let server = Server::start().await;
    for request in ["GET sale.sale", "GET company.company/1"] {
        server.instead(request, Answer::html(500, "Internal Server Error", "&#39;sale.sale&#39;"));
    }
    assert_eq!(kind(server.erp().create(&order()).await), "down");
}

/// Tryton's "no" is no failure where somebody else did it.
#[tokio::test]
async fn done_already_is_done() {
    let server = Server::start().await;
    server.instead("POST sale.sale/10/confirm", Answer::refusal("You can not call \"confirm\" on \"5\" of \"Sale\"."));
    server.instead("POST account.invoice/5/post", Answer::refusal("You can not call \"post\" on \"5\" of \"Account Invoice\"."));
    server.instead("GET account.invoice/5", Answer::json(200, &invoice("posted")));
    server.erp().create(&order()).await.unwrap();
    let sent = server.requests();
    assert!(sent.iter().any(|(request, _)| request == "GET account.statement"), "who did not post it asks whether it was paid");

    // A payment that Tryton refuses because the invoice is paid is thrown away.
    let server = Server::start().await;
    server.instead("POST account.statement/6/validate_statement", Answer::refusal("The invoice is paid."));
    server.instead("GET account.invoice/5", Answer::json(200, &invoice("paid")));
    server.erp().create(&order()).await.unwrap();
    assert!(server.requests().iter().any(|(request, _)| request == "DELETE account.statement/6"));
}

#[tokio::test]
async fn a_reference_that_is_taken_is_being_posted_by_another() {
    let server = Server::start().await;
    server.instead("POST sale.sale", Answer::refusal("The web ID on the sale must be unique per shop."));
    assert_eq!(kind(server.erp().create(&order()).await), "erp_refused", "nobody has it, so it is something else");
    let draft = json!([sale("draft", &[])]);
    let erp = server.erp();
    server.instead("GET party.party", Answer::json(200, &json!([{ "id": 10, "addresses": [] }])));
    server.instead("GET sale.sale", Answer::json(200, &draft));
    assert_eq!(kind(erp.create(&order()).await), "unknown");
}

/// Totals that are not the store's are refused before anything binds, and leave nothing behind.
#[tokio::test]
async fn a_total_that_is_no_rounding_is_refused() {
    let server = Server::start().await;
    let total = json!({ "__class__": "Decimal", "decimal": "52.48" });
    server.instead("POST sale.sale", Answer::json(200, &json!({ "id": 10, "state": "draft", "total_amount": total })));
    assert_eq!(kind(server.erp().create(&order()).await), "erp_total_mismatch");
    let sent = server.requests();
    assert!(sent.iter().any(|(request, _)| request == "DELETE sale.sale/10"));
    assert!(sent.iter().all(|(request, _)| !request.ends_with("confirm")));
}

/// Nothing of what Tryton says is shown before the customer is taken out of it.
#[tokio::test]
async fn messages_name_no_customer() {
    let server = Server::start().await;
    server.instead("POST sale.sale", Answer::refusal("No account for Jane Roe-Smith, 12 Harbour Lane, jane@roe.example"));
    let Err(CallError::Refused { message, .. }) = server.erp().create(&order()).await else { panic!("refused") };
    assert!(message.contains("No account for …"), "{message}");
    for personal in ["Jane", "Roe", "Harbour", "@"] {
        assert!(!message.contains(personal), "{message}");
    }
}

/// Whatever comes back instead of what was asked for, nothing breaks, and nothing is taken for another order.
#[tokio::test]
async fn hostile_answers() {
    let mut other = sale("processing", &[invoice("paid")]);
    other["web_id"] = json!("shop-2");
    let bodies = [json!(null), json!({}), json!([]), json!([{}]), json!("x"), json!([other.clone()]), other, json!({ "id": -1 })];
    let steps = [
        "GET sale.sale",
        "GET account.statement.journal/1",
        "GET product.product",
        "GET currency.currency",
        "GET country.country",
        "GET party.party",
        "POST party.address",
        "POST sale.sale",
        "POST sale.sale/10/quote",
        "GET sale.sale/10",
        "POST stock.shipment.out/3/assign_try",
        "POST account.invoice/5/post",
        "POST account.statement",
        "POST account.statement/6/validate_statement",
        "POST account.statement/6/post",
    ];
    let bound = steps.iter().position(|step| *step == "GET sale.sale/10").unwrap();
    for (index, step) in steps.into_iter().enumerate() {
        for body in &bodies {
            let server = Server::start().await;
            server.instead(step, Answer::json(200, body));
            let end = kind(server.erp().create(&order()).await);
            if index >= bound {
                assert!(matches!(end.as_str(), "ok" | "unknown"), "{step} {body}: {end}");
            } else {
                assert_ne!(end, "unknown", "{step} {body}");
            }
        }
    }
}
