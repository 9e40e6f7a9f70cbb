pub(crate) fn counters() {}
pub(crate) fn sets() {}
pub(crate) fn maps() {}
