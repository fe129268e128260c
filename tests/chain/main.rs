//! The chain as it runs: the real binaries from the real template on the local AWS, fed over HTTP. One local system for each of the two
//! tests, since what one breaks is broken for everybody; a store and an ERP for each part of them.

mod at_once;
mod aws_away;
mod captures;
mod clients;
mod dead_letters;
mod faults;
mod front_door;
mod killed;
mod outages;
mod polled;
mod system;
mod way_back;

use system::System;

/// One test, because one local system serves all parts; each part says what it is about when it fails.
#[test]
fn the_chain_runs() {
    let system = System::up("chain");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let system = system.connect().await;
        let one_by_one = async {
            front_door::nothing_a_network_sends_makes_it_fail(&system).await;
            clients::warehouses_report_and_nothing_wrong_is_stored(&system).await;
            outages::an_order_whose_posting_got_no_answer_is_posted_once(&system).await;
            outages::orders_wait_out_an_erp_that_is_down(&system).await;
            captures::the_deliveries_of_a_real_store_go_through(&system).await;
            every_kind_of_order_ends_where_it_must(&system).await;
        };
        // What waits for long, beside it.
        tokio::join!(
            one_by_one,
            way_back::a_store_refund_without_an_answer_is_made_once(&system),
            way_back::a_credit_note_without_an_answer_is_made_once(&system),
            polled::an_erp_that_tells_nothing_by_itself_is_polled(&system),
            way_back::a_warehouse_that_is_down_is_pushed_to_when_it_is_back(&system),
            dead_letters::a_message_that_cannot_be_done_holds_its_order_until_it_is_redriven(&system),
        );
    });
}

/// The same under fire. What is broken in one part disturbs the others, so the parts are in turn, but for what only waits.
#[test]
fn the_chain_survives() {
    let system = System::up("chain-under-fire");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let system = system.connect().await;
        let away = aws_away::deliveries_are_taken_whatever_is_away(&system).await;
        tokio::join!(
            at_once::a_hundred_identical_deliveries_make_one_document(&system),
            at_once::orders_that_share_a_delivery_id_all_arrive(&system),
            at_once::secrets_rotate_without_a_refused_delivery(&system),
        );
        let (killed, down) = tokio::join!(killed::five_hundred_orders(&system), killed::a_burst_while_the_erp_is_down(&system));
        // Nothing wakes the steps for a while: what was interrupted waits for its lease or for the sweep meanwhile.
        aws_away::without_the_stream(&system).await;
        tokio::join!(away.arrive(&system), killed.arrive(&system), down.arrive(&system));
    });
}

/// What `waybill demo` does, with the first of its kinds; `cli/tests/demo.rs` goes through all.
async fn every_kind_of_order_ends_where_it_must(system: &system::Connected) {
    let fakes = waybill_cli::demo::Fakes::connect(&system.deployment).await.expect("store and ERP are connected");
    let placed = waybill_cli::demo::follow(&system.deployment, &fakes, 9, |_| {}).await.expect("followed");
    let outcome = waybill_cli::demo::judge(&placed, &fakes.evidence(&placed).await, &system.endpoints);
    assert!(outcome.ok, "{}", waybill_cli::demo::text(&outcome, &placed));
    assert_eq!(outcome.orders.len(), 9);
}
