//! The connector for Tryton against answers as Tryton 8.2 gave them: what each proves, at each step. A whole Tryton runs in `tests/erp/tryton`.

mod faults;
mod good;
mod server;
