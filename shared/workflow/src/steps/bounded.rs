//! Work that somebody waits for on the line: it ends in time, and a panic is an end too.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

use crate::ports::Runtime;

/// Why work did not come to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cut {
    /// It was let go where it stood, as a crash would do.
    TooLong,
    /// A defect. What it shared with others is what a commit makes of it, so nothing is left half done.
    Panicked,
}

impl Cut {
    /// For the log.
    pub(super) fn reason(self) -> &'static str {
        match self {
            Cut::TooLong => "not done in time",
            Cut::Panicked => "panicked",
        }
    }
}

/// The result of the work, if it has one within so many milliseconds.
pub(super) async fn bounded<T: Send>(
    ports: &impl Runtime,
    milliseconds: u32,
    work: impl Future<Output = T> + Send,
) -> Result<T, Cut> {
    let caught = async {
        let mut work = pin!(work);
        poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(result)) => Poll::Ready(Ok(result)),
            Err(_) => Poll::Ready(Err(Cut::Panicked)),
        })
        .await
    };
    ports.within(milliseconds, caught).await.unwrap_or(Err(Cut::TooLong))
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Waker};

    use waybill_domain::At;

    use super::*;

    /// A clock for which everything that is not done at once takes too long.
    struct Impatient;

    impl Runtime for Impatient {
        fn now(&self) -> At {
            At(0)
        }
        fn release(&self) -> &'static str {
            "test"
        }
        async fn pause(&self, _milliseconds: u32) {}
        async fn within<T: Send>(&self, _milliseconds: u32, work: impl Future<Output = T> + Send) -> Option<T> {
            let mut work = pin!(work);
            poll_fn(|context| match work.as_mut().poll(context) {
                Poll::Ready(result) => Poll::Ready(Some(result)),
                Poll::Pending => Poll::Ready(None),
            })
            .await
        }
    }

    fn end<T: Send>(work: impl Future<Output = T> + Send) -> Result<T, Cut> {
        let mut bounded = pin!(bounded(&Impatient, 1, work));
        match bounded.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(end) => end,
            Poll::Pending => panic!("it waits"),
        }
    }

    #[test]
    fn work_ends_by_itself_in_time_or_by_a_panic() {
        assert_eq!(end(async { 7 }), Ok(7));
        assert_eq!(end(std::future::pending::<u8>()), Err(Cut::TooLong));
        assert_eq!(end(async { [7_u8].iter().find(|found| **found == 8).copied().expect("as it must") }), Err(Cut::Panicked));
    }
}
