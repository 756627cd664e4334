//! What a template may be made of: nothing that makes far more of its values than they are, so that it cannot fill the
//! memory. Steps and output are bounded elsewhere; what is in between has no bound of minijinja's.

use minijinja::machinery::{Token, WhitespaceConfig, ast, parse, parse_expr, tokenize};
use minijinja::syntax::SyntaxConfig;

use crate::error::{TemplateError, says};
use crate::growth::{Refusal, growth};

/// What one expression may join.
const MAX_JOINS: usize = 8;
/// What all may that are kept under a name, each of which the next can join again.
const MAX_KEPT: usize = 4;
/// Most names that values are kept under.
const MAX_NAMES: usize = 32;
/// Most words and signs between `{{` and `}}`: minijinja recurses over them.
const MAX_TOKENS: usize = 400;
/// Most `{% elif %}`: it recurses over them too.
const MAX_ELIFS: usize = 64;

/// Refuses a template before it is compiled, because compiling computes what is constant. `parts` is of how many templates
/// it is put together: each may have its own names.
pub(crate) fn template(source: &str, parts: usize) -> Result<(), TemplateError> {
    tokens(source, false)?;
    let parsed = parse(source, "<string>", SyntaxConfig, WhitespaceConfig::default());
    let parsed = parsed.map_err(|error| TemplateError { missing: None, detail: says(&error) })?;
    let mut walk = Walk { kept: 0, names: 0, parts };
    walk.statement(&parsed).map_err(refused)
}

/// The same of a condition.
pub(crate) fn expression(source: &str) -> Result<(), TemplateError> {
    tokens(source, true)?;
    let parsed = parse_expr(source);
    let parsed = parsed.map_err(|error| TemplateError { missing: None, detail: says(&error) })?;
    once(&parsed).map_err(refused)
}

fn refused(refusal: Refusal) -> TemplateError {
    TemplateError { missing: None, detail: refusal.to_string() }
}

fn tokens(source: &str, expression: bool) -> Result<(), TemplateError> {
    let (mut length, mut elifs, mut first) = (0_usize, 0_usize, false);
    for token in tokenize(source, expression, SyntaxConfig, WhitespaceConfig::default()) {
        let (token, _) = token.map_err(|error| TemplateError { missing: None, detail: says(&error) })?;
        elifs += usize::from(first && matches!(token, Token::Ident("elif")));
        first = matches!(token, Token::BlockStart);
        length = if matches!(token, Token::VariableStart | Token::BlockStart) { 0 } else { length + 1 };
        if length > MAX_TOKENS || elifs > MAX_ELIFS {
            return Err(refused(Refusal::TooLong));
        }
    }
    Ok(())
}

/// An expression whose value is nobody's afterwards.
fn once(expression: &ast::Expr<'_>) -> Result<(), Refusal> {
    if growth(expression)? > MAX_JOINS { Err(Refusal::Joins(MAX_JOINS)) } else { Ok(()) }
}

struct Walk {
    kept: usize,
    names: usize,
    parts: usize,
}

impl Walk {
    fn all(&mut self, statements: &[ast::Stmt<'_>]) -> Result<(), Refusal> {
        statements.iter().try_for_each(|statement| self.statement(statement))
    }

    fn statement(&mut self, statement: &ast::Stmt<'_>) -> Result<(), Refusal> {
        match statement {
            ast::Stmt::Template(template) => self.all(&template.children),
            ast::Stmt::EmitRaw(_) => Ok(()),
            ast::Stmt::EmitExpr(emitted) => once(&emitted.expr),
            ast::Stmt::ForLoop(each) => {
                if each.recursive {
                    return Err(Refusal::Statement("a recursive loop"));
                }
                self.keep(&each.iter)?;
                each.filter_expr.as_ref().map_or(Ok(()), once)?;
                self.all(&each.body)?;
                self.all(&each.else_body)
            }
            ast::Stmt::IfCond(condition) => {
                once(&condition.expr)?;
                self.all(&condition.true_body)?;
                self.all(&condition.false_body)
            }
            ast::Stmt::WithBlock(with) => {
                with.assignments.iter().try_for_each(|(_, value)| self.keep(value))?;
                self.all(&with.body)
            }
            ast::Stmt::Set(set) => self.keep(&set.expr),
            ast::Stmt::AutoEscape(escape) => {
                once(&escape.enabled)?;
                self.all(&escape.body)
            }
            ast::Stmt::SetBlock(_) => Err(Refusal::Statement("{% set %} without a value")),
            ast::Stmt::FilterBlock(_) => Err(Refusal::Statement("{% filter %}")),
            ast::Stmt::Do(_) => Err(Refusal::Statement("{% do %}")),
        }
    }

    /// An expression whose value others can be made of.
    fn keep(&mut self, expression: &ast::Expr<'_>) -> Result<(), Refusal> {
        self.kept += growth(expression)?;
        self.names += 1;
        if self.kept > MAX_KEPT * self.parts {
            return Err(Refusal::Kept(MAX_KEPT));
        }
        if self.names > MAX_NAMES * self.parts { Err(Refusal::Names(MAX_NAMES)) } else { Ok(()) }
    }
}

#[cfg(test)]
#[path = "guard_tests.rs"]
mod tests;
