//! Writes the dashboards: `cargo run -p weir-dashboards`.

use std::fs;
use std::io;
use std::path::Path;

fn main() -> io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../dashboards");
    fs::create_dir_all(&folder)?;
    for board in weir_dashboards::all() {
        let path = folder.join(format!("{}.json", board.uid));
        fs::write(path, format!("{:#}\n", weir_dashboards::json(&board)))?;
    }
    Ok(())
}
