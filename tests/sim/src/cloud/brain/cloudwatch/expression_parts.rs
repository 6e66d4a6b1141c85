//! Metric math as it is written: words, numbers and signs become a tree. Owns the grammar.

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Tree {
    Number(f64),
    /// The id of another query.
    Id(String),
    /// `[a, b]`
    List(Vec<Tree>),
    /// `SUM(a)`
    Call(String, Vec<Tree>),
    /// `a + b`
    Pair(&'static str, Box<Tree>, Box<Tree>),
    /// `-a`
    Minus(Box<Tree>),
}

/// Signs by how tightly they bind, loosest first.
const LEVELS: [&[&str]; 5] =
    [&["||"], &["&&"], &["==", "!=", ">=", "<=", ">", "<"], &["+", "-"], &["*", "/"]];

/// Words that stand for signs.
const WORDS: [(&str, &str); 2] = [("OR", "||"), ("AND", "&&")];

/// Reads an expression; the error says what is not understood.
pub(super) fn parse(text: &str) -> Result<Tree, String> {
    let mut rest = text;
    let tree = level(&mut rest, 0)?;
    if rest.trim().is_empty() { Ok(tree) } else { Err(rest.trim().to_owned()) }
}

fn level(rest: &mut &str, at: usize) -> Result<Tree, String> {
    let Some(signs) = LEVELS.get(at) else { return single(rest) };
    let mut tree = level(rest, at + 1)?;
    while let Some(sign) = take_sign(rest, signs) {
        let right = level(rest, at + 1)?;
        tree = Tree::Pair(sign, Box::new(tree), Box::new(right));
    }
    Ok(tree)
}

fn take_sign(rest: &mut &str, signs: &[&'static str]) -> Option<&'static str> {
    *rest = rest.trim_start();
    for &sign in signs {
        if let Some(after) = rest.strip_prefix(sign) {
            *rest = after;
            return Some(sign);
        }
        let word = WORDS.iter().find(|(_, stands)| *stands == sign).map(|(word, _)| *word);
        if let Some(after) = word.and_then(|word| rest.strip_prefix(word))
            && after.starts_with(' ')
        {
            *rest = after;
            return Some(sign);
        }
    }
    None
}

fn single(rest: &mut &str) -> Result<Tree, String> {
    *rest = rest.trim_start();
    if let Some(after) = rest.strip_prefix('-') {
        *rest = after;
        return Ok(Tree::Minus(Box::new(single(rest)?)));
    }
    if let Some(after) = rest.strip_prefix('(') {
        *rest = after;
        let tree = level(rest, 0)?;
        close(rest, ')')?;
        return Ok(tree);
    }
    if let Some(after) = rest.strip_prefix('[') {
        *rest = after;
        return Ok(Tree::List(several(rest, ']')?));
    }
    let end = rest
        .find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_' && letter != '.')
        .unwrap_or(rest.len());
    let (word, after) = rest.split_at(end);
    if word.is_empty() {
        return Err((*rest).to_owned());
    }
    *rest = after;
    if let Ok(number) = word.parse() {
        return Ok(Tree::Number(number));
    }
    if let Some(after) = rest.trim_start().strip_prefix('(') {
        *rest = after;
        return Ok(Tree::Call(word.to_owned(), several(rest, ')')?));
    }
    Ok(Tree::Id(word.to_owned()))
}

/// Expressions up to `end`, with commas between.
fn several(rest: &mut &str, end: char) -> Result<Vec<Tree>, String> {
    let mut trees = Vec::new();
    *rest = rest.trim_start();
    if let Some(after) = rest.strip_prefix(end) {
        *rest = after;
        return Ok(trees);
    }
    loop {
        trees.push(level(rest, 0)?);
        *rest = rest.trim_start();
        match rest.strip_prefix(',') {
            Some(after) => *rest = after,
            None => return close(rest, end).map(|()| trees),
        }
    }
}

fn close(rest: &mut &str, end: char) -> Result<(), String> {
    *rest = rest.trim_start();
    let after = rest.strip_prefix(end).ok_or_else(|| (*rest).to_owned())?;
    *rest = after;
    Ok(())
}
