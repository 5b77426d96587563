mod damage;
mod killed;
mod limits;
mod load;
