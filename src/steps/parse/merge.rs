//! MERGE in the text form.
//!
//! In: the words behind `merge`. Out: the effect.

use super::{Parsed, StepReader};
use crate::steps::{Effect, Matched, Merge, MergeAction, MergeArm};

impl StepReader<'_, '_> {
    pub(super) fn merge(&mut self) -> Parsed<Effect> {
        let (relation, alias) = self.target()?;
        let using = self.clause("using")?.ok_or("expected `using`")?;
        self.tokens.expect("as")?;
        let using_alias = self.tokens.word()?;
        let on = self.clause("on")?.ok_or("expected `on`")?;
        let mut arms = Vec::new();
        let kinds =
            [("matched", Matched::Both), ("source_only", Matched::SourceOnly), ("target_only", Matched::TargetOnly)];
        while let Some((_, matched)) = kinds.into_iter().find(|(word, _)| self.tokens.take(word)) {
            let condition = self.clause("and")?;
            arms.push(MergeArm { matched, condition, action: self.merge_action()? });
        }
        let mut outputs = Vec::new();
        if self.tokens.take("giving") {
            self.tokens.expect("{")?;
            while !self.tokens.take("}") {
                outputs.push(self.output()?);
                self.tokens.take(",");
            }
        }
        let deciding = self.deciding()?;
        Ok(Effect::Merge(Box::new(Merge { relation, alias, using, using_alias, on, arms, outputs, deciding })))
    }

    fn merge_action(&mut self) -> Parsed<MergeAction> {
        let word = self.tokens.word()?;
        match word.as_str() {
            "update" => Ok(MergeAction::Update(self.assignments()?)),
            "insert" => Ok(MergeAction::Insert(self.assignments()?)),
            "update_all" => Ok(MergeAction::UpdateAll),
            "insert_all" => Ok(MergeAction::InsertAll),
            "delete" => Ok(MergeAction::Delete),
            "nothing" => Ok(MergeAction::Nothing),
            other => Err(format!("expected a merge action, found `{other}`")),
        }
    }
}
