//! How much more than its values an expression can become.

use minijinja::machinery::ast::{self, BinOpKind, CallArg, Expr, UnaryOpKind};

/// Why a template is refused.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("must not have {0}")]
    Statement(&'static str),
    #[error("has an expression that is too long, or too many elif")]
    TooLong,
    #[error("must not join more than {0} values in one expression (`~`, `+`, `[a, b]`, `a[1:]`, `* 3`)")]
    Joins(usize),
    #[error(
        "must not join more than {0} values in all that it sets or loops over (`~`, `+`, `[a, b]`, `a[1:]`, `* 3`)"
    )]
    Kept(usize),
    #[error("must not set or loop over more than {0} values")]
    Names(usize),
    #[error(
        "multiplies what may be a text: both sides must be numbers, such as (n | float) * (price | float)"
    )]
    Product,
}

/// How often it can double, at most: its value is made of its variables' values, each in it no more than two to the power
/// of this many times.
pub(crate) fn growth(expression: &Expr<'_>) -> Result<usize, Refusal> {
    Ok(match expression {
        Expr::Var(_) | Expr::Const(_) => 0,
        // A copy.
        Expr::Slice(slice) => {
            let bounds = [&slice.start, &slice.stop, &slice.step];
            1 + growth(&slice.expr)? + sum(bounds.into_iter().flatten())?
        }
        Expr::UnaryOp(unary) => growth(&unary.expr)?,
        Expr::BinOp(binary) => sum([&binary.left, &binary.right])? + joined(binary)?,
        Expr::Compare(compare) => growth(&compare.expr)? + sum(compare.ops.iter().map(|op| &op.expr))?,
        Expr::IfExpr(choice) => {
            sum([&choice.test_expr, &choice.true_expr].into_iter().chain(&choice.false_expr))?
        }
        Expr::Filter(filter) => sum(&filter.expr)? + arguments(&filter.args)?,
        Expr::Test(test) => growth(&test.expr)? + arguments(&test.args)?,
        Expr::GetAttr(member) => growth(&member.expr)?,
        Expr::GetItem(item) => sum([&item.expr, &item.subscript_expr])?,
        Expr::Call(call) => growth(&call.expr)? + arguments(&call.args)?,
        Expr::List(list) => sum(&list.items)? + others(list.items.iter()),
        Expr::Map(map) => {
            let all = || map.keys.iter().chain(&map.values);
            sum(all())? + others(all())
        }
    })
}

fn sum<'a, 'b: 'a>(all: impl IntoIterator<Item = &'a Expr<'b>>) -> Result<usize, Refusal> {
    all.into_iter().try_fold(0, |sum, one| Ok(sum + growth(one)?))
}

/// What stands beside the first that is no constant.
fn others<'a, 'b: 'a>(all: impl Iterator<Item = &'a Expr<'b>>) -> usize {
    all.filter(|one| !matches!(one, Expr::Const(_))).count().saturating_sub(1)
}

fn arguments(all: &[CallArg<'_>]) -> Result<usize, Refusal> {
    let all = || {
        all.iter().map(|argument| match argument {
            CallArg::Pos(value)
            | CallArg::Kwarg(_, value)
            | CallArg::PosSplat(value)
            | CallArg::KwargSplat(value) => value,
        })
    };
    Ok(sum(all())? + others(all()))
}

fn joined(binary: &ast::BinOp<'_>) -> Result<usize, Refusal> {
    let (left, right) = (&binary.left, &binary.right);
    Ok(match binary.op {
        BinOpKind::Concat => 1,
        BinOpKind::Add => usize::from(!is_number(left) && !is_number(right)),
        BinOpKind::Mul if is_number(left) && is_number(right) => 0,
        BinOpKind::Mul => doublings(left).or_else(|| doublings(right)).ok_or(Refusal::Product)?,
        BinOpKind::Eq
        | BinOpKind::Ne
        | BinOpKind::Lt
        | BinOpKind::Lte
        | BinOpKind::Gt
        | BinOpKind::Gte
        | BinOpKind::ScAnd
        | BinOpKind::ScOr
        | BinOpKind::In
        | BinOpKind::Sub
        | BinOpKind::Div
        | BinOpKind::FloorDiv
        | BinOpKind::Rem
        | BinOpKind::Pow => 0,
    })
}

/// Whether its value is a number, or an error, whatever its variables are.
fn is_number(expression: &Expr<'_>) -> bool {
    match expression {
        Expr::Const(constant) => constant.value.is_number(),
        Expr::UnaryOp(unary) => matches!(unary.op, UnaryOpKind::Neg),
        Expr::BinOp(binary) => match binary.op {
            BinOpKind::Sub | BinOpKind::Div | BinOpKind::FloorDiv | BinOpKind::Rem | BinOpKind::Pow => true,
            BinOpKind::Add => is_number(&binary.left) || is_number(&binary.right),
            BinOpKind::Mul => is_number(&binary.left) && is_number(&binary.right),
            BinOpKind::Eq
            | BinOpKind::Ne
            | BinOpKind::Lt
            | BinOpKind::Lte
            | BinOpKind::Gt
            | BinOpKind::Gte
            | BinOpKind::ScAnd
            | BinOpKind::ScOr
            | BinOpKind::Concat
            | BinOpKind::In => false,
        },
        Expr::Filter(filter) => {
            matches!(filter.name, "int" | "float" | "round" | "abs" | "length" | "count" | "sum")
        }
        Expr::Var(_)
        | Expr::Slice(_)
        | Expr::Compare(_)
        | Expr::IfExpr(_)
        | Expr::Test(_)
        | Expr::GetAttr(_)
        | Expr::GetItem(_)
        | Expr::Call(_)
        | Expr::List(_)
        | Expr::Map(_) => false,
    }
}

/// How often a text doubles that is repeated by this literal number.
fn doublings(expression: &Expr<'_>) -> Option<usize> {
    let Expr::Const(constant) = expression else { return None };
    let times = f64::try_from(constant.value.clone()).ok().filter(|_| constant.value.is_number())?;
    (0..=16).find(|doublings| f64::from(1_u32 << doublings) >= times).map(|doublings| doublings as usize)
}
