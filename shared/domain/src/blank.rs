//! What a row leaves out because it says nothing.

pub(crate) fn is_zero(n: &u32) -> bool {
    *n == 0
}

pub(crate) fn is_false(flag: &bool) -> bool {
    !*flag
}
