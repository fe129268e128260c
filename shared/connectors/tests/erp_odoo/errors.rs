//! The table of errors, row by row: by status, content type and the error's name together.

use serde_json::{Value, json};
use waybill_testkit::erp::{Commit, Fault, Then};
use waybill_workflow::CallError;
use waybill_workflow::ports::erp::{ErpCancel, ErpOrders, Unfinished};

use crate::support::{assert_says_nothing_personal, kind, order, setup};

/// An answer word for word, and nothing is done.
pub fn reply(status: u16, body: &str) -> Fault {
    Fault { delay_ms: 0, commit: Commit::No, then: Then::Reply { status, body: body.to_owned(), retry_after: None } }
}

fn error(name: &str, message: &str) -> Value {
    let debug = "Traceback (most recent call last):\n  Jane Roe-Smith, 12 Harbour Lane";
    json!({ "name": name, "message": message, "arguments": [message], "context": {}, "debug": debug })
}

/// An error as `/json/2` says it.
pub fn json2(status: u16, name: &str, message: &str) -> Fault {
    reply(status, &error(name, message).to_string())
}

/// An error as `/jsonrpc` says it.
fn jsonrpc(name: &str, message: &str) -> Fault {
    let error = json!({ "code": 200, "message": "Rebranded Server Error", "data": error(name, message) });
    reply(200, &json!({ "jsonrpc": "2.0", "id": 1, "error": error }).to_string())
}

const HTML: &str = "<!DOCTYPE html>\n<title>Not Found</title>\n<p>No database is selected.</p>";

/// Status and name, what it is for a call that writes, and what for one that reads.
const NAMED: &[(u16, &str, &str, &str)] = &[
    // A rule of the business, wrong state, duplicate: permanent.
    (422, "odoo.exceptions.UserError", "erp_refused", "erp_refused"),
    (422, "odoo.exceptions.ValidationError", "erp_refused", "erp_refused"),
    (422, "odoo.exceptions.RedirectWarning", "erp_refused", "erp_refused"),
    // A malformed request: our bug.
    (400, "werkzeug.exceptions.BadRequest", "erp_malformed", "erp_malformed"),
    (500, "builtins.ValueError", "erp_rejected", "erp_rejected"),
    (500, "builtins.TypeError", "erp_rejected", "erp_rejected"),
    (500, "builtins.KeyError", "erp_rejected", "erp_rejected"),
    // Not let in.
    (401, "werkzeug.exceptions.Unauthorized", "down", "down"),
    (401, "odoo.exceptions.AccessDenied", "down", "down"),
    // Not allowed: without this no order at all can be posted.
    (403, "odoo.exceptions.AccessError", "down", "down"),
    (403, "werkzeug.exceptions.Forbidden", "down", "down"),
    // A record is missing, or an app.
    (404, "odoo.exceptions.MissingError", "erp_not_found", "erp_not_found"),
    (404, "werkzeug.exceptions.NotFound", "erp_unsupported", "erp_unsupported"),
    // Contention.
    (500, "psycopg2.errors.SerializationFailure", "busy", "busy"),
    (500, "psycopg2.errors.LockNotAvailable", "busy", "busy"),
    (500, "psycopg2.errors.DeadlockDetected", "busy", "busy"),
    (409, "odoo.exceptions.LockError", "busy", "busy"),
    // Nobody knows.
    (500, "psycopg2.OperationalError", "unknown", "down"),
    (500, "psycopg2.InterfaceError", "unknown", "down"),
    (500, "odoo.addons.something.Unheard", "unknown", "down"),
];

/// How a call ends that meets this; its words are searched for personal data.
async fn met(version: u64, call: &str, fault: &Fault) -> String {
    let (fake, erp) = setup(version).await;
    fake.next(call, 1, fault);
    let ended = kind(erp.create(&order("shop-1")).await);
    assert!(fake.rows("sale.order").iter().all(|order| order["state"] != "sale") || ended == "ok", "{ended}");
    ended
}

#[tokio::test]
async fn errors_with_a_name_over_json2() {
    for (status, name, write, read) in NAMED {
        let fault = json2(*status, name, "Jane Roe-Smith, 12 Harbour Lane, jane@roe.example");
        assert_eq!(met(19, "sale.order.load", &fault).await, *write, "{status} {name}");
        assert_eq!(met(19, "sale.order.search_read", &fault).await, *read, "{status} {name}, a read");
    }
}

/// The status is always 200: the name alone tells, and never the text, which hosts rebrand.
#[tokio::test]
async fn errors_with_a_name_over_jsonrpc() {
    for (_, name, write, read) in NAMED {
        let fault = jsonrpc(name, "Jane Roe-Smith, 12 Harbour Lane, jane@roe.example");
        assert_eq!(met(18, "sale.order.load", &fault).await, *write, "{name}");
        assert_eq!(met(18, "sale.order.search_read", &fault).await, *read, "{name}, a read");
    }
}

/// Without a name the status tells, and that it is none of the API's.
#[tokio::test]
async fn errors_without_a_name() {
    for (status, body, write, read) in [
        (404, HTML, "down", "down"),
        (401, HTML, "down", "down"),
        (403, HTML, "down", "down"),
        (302, "<html>", "down", "down"),
        (405, "<html>", "down", "down"),
        (408, "", "down", "down"),
        (429, "slow down", "busy", "busy"),
        (409, "<html>", "unknown", "down"),
        (413, "<html>", "erp_refused", "erp_refused"),
        (422, "<html>", "erp_refused", "erp_refused"),
        (500, "<html>", "unknown", "down"),
        (500, "{}", "unknown", "down"),
        (500, "[]", "unknown", "down"),
        (502, "<html>", "unknown", "down"),
        (503, "<html>", "unknown", "down"),
        (504, "", "unknown", "down"),
        (200, "<html><body>Please log in</body></html>", "unknown", "down"),
        (200, "", "unknown", "down"),
        (200, "{", "unknown", "down"),
    ] {
        for version in [18, 19] {
            let fault = reply(status, body);
            assert_eq!(met(version, "sale.order.load", &fault).await, write, "{version}: {status} {body}");
            assert_eq!(met(version, "sale.order.search_read", &fault).await, read, "{version}: {status} {body}, a read");
        }
    }
}

#[tokio::test]
async fn a_permission_that_concerns_one_kind_of_document_does_not_stop_the_orders() {
    for version in [18, 19] {
        let (fake, erp) = setup(version).await;
        let record = erp.create(&order("shop-1")).await.unwrap();
        let forbid = |model: &str, method: &str| (model.to_owned(), method.to_owned());
        fake.knobs(|knobs| knobs.forbidden = vec![forbid("account.move", "create"), forbid("sale.order", "load")]);
        assert_eq!(kind(erp.cancel(&record.id).await), "erp_forbidden");
        assert_eq!(kind(erp.create(&order("shop-2")).await), "down");
    }
}

/// After the confirmation there is no refusal: the order is there, and a person must look.
#[tokio::test]
async fn what_is_refused_after_the_confirmation_is_said_in_the_record() {
    for version in [18, 19] {
        for (model, method) in [
            ("sale.advance.payment.inv", "create_invoices"),
            ("account.move", "action_post"),
            ("account.payment.register", "create"),
            ("account.payment.register", "action_create_payments"),
        ] {
            let (fake, erp) = setup(version).await;
            let rule = "You cannot post to a closed period for Jane Roe-Smith.".to_owned();
            fake.knobs(|knobs| knobs.refused = vec![(model.to_owned(), method.to_owned(), rule)]);
            let record = erp.create(&order("shop-1")).await.unwrap();
            let Some(Unfinished::Refused(finding)) = record.unfinished else {
                panic!("{model}.{method}: {:?}", record.unfinished)
            };
            assert_eq!(finding.code, "erp_refused");
            assert!(finding.message.contains("closed period"), "{}", finding.message);
            assert_says_nothing_personal(&finding.message);
            assert_eq!(erp.find("shop-1").await.unwrap()[0].unfinished, Some(Unfinished::CutOff));
            fake.behave();
            assert_eq!(erp.create(&order("shop-1")).await.unwrap().unfinished, None, "{model}.{method}");
        }
    }
}

#[tokio::test]
async fn a_message_is_shown_without_what_is_personal() {
    let (fake, erp) = setup(19).await;
    let words = "No tax for Jane ROE-SMITH, 12 harbour lane (jane@roe.example), article A, order shop-1; card 4111111111111111";
    fake.next("sale.order.load", 1, &json2(422, "odoo.exceptions.UserError", words));
    let CallError::Refused { code, message } = erp.create(&order("shop-1")).await.unwrap_err() else { panic!() };
    assert_eq!(code, "erp_refused");
    assert_says_nothing_personal(&message);
    assert!(message.starts_with("sale.order.load: the ERP refuses (UserError): No tax for"), "{message}");
    // A name that is none is not shown either.
    fake.next("sale.order.load", 1, &json2(500, "Jane <Roe>", "x"));
    assert_says_nothing_personal(&erp.create(&order("shop-1")).await.unwrap_err().to_string());
}
