//! What the run shows: the JSON contract, the lineage formats, the HTML page, all from the same facts.
//!
//! In: scripts, versions, lineage, project, findings. Out: text. Owns the serde types of the JSON contract.
