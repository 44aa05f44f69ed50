//! Boxes in columns with arrows between them. A screen reader reads a list.

use maud::{Markup, html};

use super::super::blocks::GraphStep;
use super::inline::inline;

pub fn graph(steps: &[GraphStep]) -> Markup {
    html! {
        ol.graph {
            @for step in steps {
                li {
                    p.step { (step.title) }
                    @for (name, text) in &step.boxes {
                        p.box { strong { (inline(name)) } br; (inline(text)) }
                    }
                }
            }
        }
    }
}
