mod hand;
mod subset;
