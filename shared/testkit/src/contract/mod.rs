//! What every store behind the ports must do, as checks over the ports: the same suite runs against the memory, the embedded DynamoDB and
//! the local AWS, so that what is proved with the first holds for the last.
//!
//! Each check works under names of its own, so that they may run side by side on shared tables. A failed check panics.

pub mod circuits;
pub mod claims;
pub mod dead_letters;
pub mod erp;
mod fixtures;
pub mod lanes;
pub mod ledger;
pub mod log;
pub mod orders;
pub mod pull;
pub mod snapshots;
pub mod stock;

use waybill_workflow::ports::{Circuits, DeadLetters, Idempotency, Lanes, Log, Orders, Snapshots, StockLedger, Timeline};

pub use fixtures::{Names, happy_path};

/// All ports that are kept in tables.
pub trait Stores:
    Orders + Snapshots + Log + Timeline + Lanes + Circuits + Idempotency + DeadLetters + StockLedger + Clone + Send + Sync + 'static
{
}
impl<T> Stores for T where
    T: Orders
        + Snapshots
        + Log
        + Timeline
        + Lanes
        + Circuits
        + Idempotency
        + DeadLetters
        + StockLedger
        + Clone
        + Send
        + Sync
        + 'static
{
}

/// Hands the list of checks to another macro, after what that one is told.
#[doc(hidden)]
#[macro_export]
macro_rules! contract_checks {
    ($callback:path, $($told:tt)*) => {
        $callback! { $($told)* =>
            orders::the_first_commit_needs_an_absent_row
            orders::a_conflict_carries_the_row
            orders::a_commit_without_its_row_is_a_conflict
            orders::a_record_comes_back_as_it_was
            orders::one_of_many_commits_wins
            stock::taking_moves_pieces_to_unproven
            stock::all_or_none
            stock::an_unknown_sku_is_short
            stock::a_conflict_outweighs_a_shortage
            stock::a_changed_order_moves_the_difference
            stock::a_cancelled_order_gives_back
            stock::posting_proves
            stock::parallel_takers_never_oversell
            stock::an_amendment_takes_first_and_proves_or_gives_back
            stock::an_amendment_that_is_short_takes_nothing
            ledger::what_is_recorded_stays_recorded
            ledger::what_changes_is_written_again
            ledger::a_conflict_leaves_no_row
            ledger::stock_and_ledger_are_one_commit
            ledger::many_rows_are_one_commit
            pull::the_first_pull_makes_the_row
            pull::an_older_figure_changes_nothing
            pull::minutes_before_the_figure_leave
            pull::pulling_while_orders_move_keeps_the_sum
            lanes::oldest_first_over_all_shards
            lanes::only_orders_that_need_somebody_are_in_a_lane
            lanes::work_after_posting_keeps_the_time_it_began
            snapshots::bytes_come_back
            snapshots::a_large_body_comes_back
            snapshots::another_body_of_the_same_content_replaces_it
            claims::one_owner_at_a_time
            claims::an_expired_claim_is_free
            claims::a_result_is_remembered_until_it_expires
            claims::another_payload_is_a_mismatch
            claims::only_the_owner_ends_a_claim
            claims::a_slow_owner_has_lost_the_key
            claims::an_owner_that_died_is_followed_by_one
            claims::without_a_key_nothing_is_claimed
            circuits::unknown_is_closed
            circuits::one_writer_per_version
            circuits::a_row_comes_back_as_it_was
            circuits::many_callers_at_once_share_slots_and_rate
            circuits::what_was_asked_once_is_remembered
            dead_letters::last_words_are_the_last
            dead_letters::a_letter_comes_back
            dead_letters::a_large_letter_comes_back
            dead_letters::what_was_redriven_stays_redriven
            log::a_page_written_again_is_one_page
            log::the_story_has_every_event_once
        }
    };
}

/// Makes a test of every check of the suite. Takes an async expression that gives the stores to check.
#[macro_export]
macro_rules! contract_suite {
    ($stores:expr => $($group:ident :: $check:ident)+) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $check() {
                let stores = $stores.await;
                $crate::contract::$group::$check(&stores).await;
            }
        )+
    };
    ($($stores:tt)+) => {
        $crate::contract_checks! { $crate::contract_suite, $($stores)+ }
    };
}

macro_rules! run_all {
    ($stores:ident => $($group:ident :: $check:ident)+) => {
        $(
            println!(concat!(stringify!($group), "::", stringify!($check)));
            $group::$check($stores).await;
        )+
    };
}

/// Runs every check, one after the other, saying which.
pub async fn all(stores: &impl Stores) {
    contract_checks! { run_all, stores }
}
