mod assembly;
mod finding;
mod tree;
