mod sample;

use super::*;
use crate::dialect::Dialect;
use sample::sample;

/// Writes the sample where `REFRACT_EMIT_SAMPLE` names a folder, to look at it and to run dbt on it.
#[test]
fn the_sample_has_every_file() {
    let (project, sources) = sample();
    let files = emit(&project, &sources, &project.findings);
    if let Ok(folder) = std::env::var("REFRACT_EMIT_SAMPLE") {
        for (path, text) in &files {
            let path = std::path::Path::new(&folder).join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
    }
    for (path, text) in &files {
        assert!(text.ends_with('\n') && !text.ends_with("\n\n"), "{path} does not end in one newline");
    }
    assert_eq!(emit(&project, &sources, &project.findings), files);
}

#[test]
fn a_project_to_start_from_is_complete() {
    let files = init("my shop", Some(Dialect::Postgres));
    if let Ok(folder) = std::env::var("REFRACT_EMIT_INIT") {
        crate::output::write(std::path::Path::new(&folder), &files, false).unwrap();
    }
    assert!(files["dbt_project.yml"].starts_with("name: my_shop\n"));
    assert!(files["profiles.yml"].contains("target: postgres"));
    assert!(files.contains_key(LOCK));
}
