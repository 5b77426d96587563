mod detail;
mod identity;
mod naive;
mod paging;
mod tailing;
