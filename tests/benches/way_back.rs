//! What happens to an order after it was posted, in requests and units: the steps' own code against the ports in memory, with rows as large
//! as the adapters write them. `docs/DATA.md` has the sheet that this fills. Nothing is timed, and nothing is built in release.

#[allow(dead_code, reason = "each test uses a part of what tests share")]
#[path = "../common/mod.rs"]
mod common;
#[path = "../stores/size.rs"]
mod size;

use std::collections::{BTreeMap, HashMap, VecDeque};

use aws_sdk_dynamodb::types::AttributeValue;
use common::stories::Chapter;
use waybill_aws::dynamo::row::{Mark, row_from};
use waybill_domain::lane::lane;
use waybill_domain::{Entry, Order, OrderKey, Stock, StockMoves, entries};
use waybill_testkit::memory::{World, deliver};
use waybill_workflow::dispose::Disposition;
use waybill_workflow::steps::relay;

/// Units of a snapshot: the body of an order with two lines, gzip.
const SNAPSHOT: usize = 2;

/// What one invocation after another asked of AWS and of others.
#[derive(Default)]
struct Count {
    requests: BTreeMap<&'static str, usize>,
    outside: Vec<&'static str>,
    write: usize,
    index: usize,
    read: usize,
    largest: usize,
}

struct Bench {
    world: World,
    known: HashMap<OrderKey, Order>,
    stream: VecDeque<Order>,
    calls: usize,
    rows: Vec<(&'static str, Count)>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    use Chapter as C;
    for chapters in [
        &[C::Placed, C::ShippedPart, C::ShippedRest, C::ReturnAnnounced, C::ReturnInspected][..],
        &[C::NoFulfillments, C::Placed, C::ShippedPart, C::ShippedRest],
        &[C::Placed, C::RefundedPiece],
        &[C::Placed, C::Cancelled],
        &[C::Placed, C::MadeLarger],
        &[C::WarehouseConnected, C::Placed],
    ] {
        let mut bench =
            Bench { world: World::with_shop(), known: HashMap::new(), stream: VecDeque::new(), calls: 0, rows: Vec::new() };
        for chapter in chapters {
            bench.happens(*chapter).await;
            report(*chapter, std::mem::take(&mut bench.rows));
        }
        println!();
    }
}

fn report(chapter: Chapter, rows: Vec<(&'static str, Count)>) {
    if rows.is_empty() {
        return;
    }
    let (mut requests, mut write, mut read) = (0, 0, 0);
    println!("{chapter:?}");
    for (who, count) in rows {
        let words: Vec<String> = count.requests.iter().map(|(name, times)| format!("{name} {times}")).collect();
        let (words, outside) = (words.join(", "), count.outside.join(" "));
        println!(
            "  {who:<12} {:>2} write ({} index) {:>2} read  row {:>4}  {words}  {outside}",
            count.write, count.index, count.read, count.largest
        );
        requests += count.requests.values().sum::<usize>();
        (write, read) = (write + count.write, read + count.read);
    }
    println!("  {:<12} {write:>2} write {read:>12} read  {requests} requests", "sum");
}

impl Bench {
    async fn happens(&mut self, chapter: Chapter) {
        chapter.happen(&self.world).await;
        self.count("arrival");
        while self.step().await {}
        self.world.pass_seconds(3_600);
    }

    /// The next record of the stream, message, or delivery of the store.
    async fn step(&mut self) -> bool {
        if let Some(image) = self.stream.pop_front() {
            self.world.enter(None);
            relay::run(&self.world, std::slice::from_ref(&image)).await.expect("sent");
            self.count("relay");
            return true;
        }
        let message = self.world.state().queues.values_mut().find_map(VecDeque::pop_front);
        if let Some(message) = message {
            self.world.enter(Some(message.command.step));
            let ended = deliver(&self.world, &message.command, 1).await;
            assert!(matches!(ended, Disposition::Ack(_)), "{ended:?}");
            self.count(message.command.step.slug());
            return true;
        }
        let echo = self.world.state().echoes.pop_front();
        let Some(delivery) = echo else { return false };
        self.world.receive(&delivery).await;
        self.count("intake");
        true
    }

    /// Adds up what was asked since the last time.
    fn count(&mut self, who: &'static str) {
        let calls = self.world.calls();
        let mut count = Count::default();
        for call in calls.iter().skip(self.calls) {
            let (name, write, read) = match call.op {
                "orders.load" | "circuits.circuit" => ("GetItem", 0, 1),
                "snapshots.get" => ("GetItem", 0, 1),
                "snapshots.put" => ("PutItem", SNAPSHOT, 0),
                "circuits.save" | "idempotency.claim" | "log.put_page" => ("PutItem", 1, 0),
                "idempotency.give_back" => ("DeleteItem", 1, 0),
                "idempotency.complete" => ("UpdateItem", 1, 0),
                "sqs.send" => ("SendMessageBatch", 0, 0),
                "events.publish" => ("PutEvents", 0, 0),
                // Counted below, with their rows; read from a cache.
                "orders.commit" => continue,
                op if op.starts_with("configs.") || op.starts_with("secrets.") => continue,
                op => {
                    count.outside.push(op);
                    continue;
                }
            };
            *count.requests.entry(name).or_default() += 1;
            count.write += write;
            count.read += read;
        }
        self.calls = calls.len();
        let commits: Vec<Order> = self.world.state().stream.drain(..).collect();
        for after in commits {
            self.commit(&after, &mut count);
            self.stream.push_back(after);
        }
        if !(count.requests.is_empty() && count.outside.is_empty()) {
            self.rows.push((who, count));
        }
    }

    fn commit(&mut self, after: &Order, count: &mut Count) {
        let before = self.known.insert(after.key.clone(), after.clone());
        let row = row_size(after);
        let entries = entries(before.as_ref(), after);
        let moves = StockMoves::between(before.as_ref().map_or(&Stock::NONE, |order| &order.stock), &after.stock);
        let old = before.as_ref().map_or(0, row_size);
        // The larger of the row before and after counts.
        let mut write = units(row.max(old)) + entries.iter().map(|entry| units(entry_size(after, entry))).sum::<usize>();
        write += moves.0.len();
        let alone = entries.is_empty() && moves.is_empty();
        let index = match (before.as_ref().and_then(lane), lane(after)) {
            (None, None) => 0,
            (Some(before), Some(after)) if before == after => 0,
            (Some(_), Some(_)) => 2,
            (Some(_), None) | (None, Some(_)) => 1,
        };
        *count.requests.entry(if alone { "PutItem" } else { "TransactWriteItems" }).or_default() += 1;
        count.index += index;
        count.write += index + if alone { write } else { 2 * write };
        count.largest = count.largest.max(row);
    }
}

/// The stories' names are short, and their ERP makes one document where others make three: `tests/stores/rows.rs` has a row as it may be.
fn row_size(order: &Order) -> usize {
    let longer = if order.erp.documents.is_empty() { 20 } else { 160 };
    longer + size::size(&row_from(order, &Mark::random()).expect("a row"))
}

fn units(bytes: usize) -> usize {
    bytes.div_ceil(1_024)
}

fn entry_size(order: &Order, entry: &Entry) -> usize {
    let text = |text: String| AttributeValue::S(text);
    let row = HashMap::from([
        ("pk".to_owned(), text(order.key.to_string())),
        ("sk".to_owned(), text(format!("{}#{}", entry.kind, entry.id))),
        ("version".to_owned(), AttributeValue::N(order.version.to_string())),
        ("body".to_owned(), text(entry.body.clone())),
    ]);
    size::size(&row)
}
