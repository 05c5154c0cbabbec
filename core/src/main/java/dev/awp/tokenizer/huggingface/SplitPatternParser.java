// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.tokenizer.huggingface;

import dev.awp.tokenizer.huggingface.SplitPattern.Item;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads expressions of the form that {@link SplitPattern} knows, and judges what they cost. */
final class SplitPatternParser {
  /** What both regular expression languages read alike. */
  private static final String ESCAPE =
      "\\\\(?:[rntfsSdD]|[pP]\\{[LNMPSZ][a-z]?\\}|[^\\p{L}\\p{N}])";

  private static final Pattern CLASS =
      Pattern.compile("\\[\\^?(?:" + ESCAPE + "|[^\\\\\\[\\]&]|&(?!&))+\\]");

  private static final Pattern SINGLE = Pattern.compile(ESCAPE + "|[^\\\\\\[\\](){}*+?.^|$]");

  /** None, several, or a few; none of the reluctant and possessive ones. */
  private static final Pattern QUANTIFIER =
      Pattern.compile("(?:([*+?])|\\{(\\d{1,3})(?:,(\\d{0,3}))?\\})(?![?+])");

  private static final int FLAGS = Pattern.UNICODE_CHARACTER_CLASS | Pattern.DOTALL;

  /** Repeats that count as some, not as many. */
  private static final int FEW = 16;

  /** Ways to match in front of what may fail, for one that backtracks and for one that does not. */
  private static final int MOST_WAYS_BACKTRACKING = 4;

  private static final int MOST_WAYS = 1000;

  private static final String BEFORE_SPACE = "(?!\\S)";

  private final String pattern;
  private int at;

  private SplitPatternParser(String pattern) {
    this.pattern = pattern;
  }

  /** One alternative: its text, its rows with groups written out, whether it backtracks. */
  record Alternative(String text, List<List<Item>> rows, boolean backtracks) {}

  /** That the expression is of another form. */
  private static final class OtherForm extends Exception {
    private static final long serialVersionUID = 1;
  }

  static Optional<List<Alternative>> parse(String pattern) {
    SplitPatternParser parser = new SplitPatternParser(pattern);
    try {
      List<Alternative> alternatives = parser.alternatives(false, 0);
      return parser.at == pattern.length() ? Optional.of(alternatives) : Optional.empty();
    } catch (OtherForm e) {
      return Optional.empty();
    }
  }

  private List<Alternative> alternatives(boolean anyCase, int depth) throws OtherForm {
    List<Alternative> all = new ArrayList<>();
    do {
      int from = at;
      all.add(alternative(from, anyCase, depth));
    } while (skip("|"));
    return all;
  }

  private Alternative alternative(int from, boolean anyCase, int depth) throws OtherForm {
    List<List<Item>> rows = List.of(List.of());
    Cost cost = new Cost();
    while (at < pattern.length() && pattern.charAt(at) != '|' && pattern.charAt(at) != ')') {
      if (skip(BEFORE_SPACE)) {
        cost.mayFail(cost.endsInSpaces ? 1 : 0);
        rows = append(rows, List.of(List.of(new Item.BeforeSpace())));
      } else if (skip("$")) {
        cost.mayFail(0);
        rows = append(rows, List.of(List.of(new Item.LineEnd())));
      } else if (pattern.charAt(at) == '(') {
        List<List<Item>> group = new ArrayList<>(group(anyCase, depth));
        if (skip("?")) {
          group.add(List.of());
        } else {
          cost.mayFail(0);
        }
        cost.ways *= group.size();
        rows = append(rows, group);
      } else {
        int start = at;
        Pattern one = one(anyCase);
        boolean space = pattern.substring(start, at).equals("\\s");
        Repeats repeats = quantifier();
        cost.add(repeats, space);
        Item item = new Item.Characters(one, repeats.least(), repeats.most() > 1);
        rows = append(rows, List.of(List.of(item)));
      }
      if (rows.size() > MOST_WAYS) {
        throw new OtherForm();
      }
    }
    boolean backtracks = cost.retried == 1;
    int mostWays = backtracks ? MOST_WAYS_BACKTRACKING : MOST_WAYS;
    if (cost.retried > 1 || cost.retriedWays > mostWays || (depth > 0 && cost.many > 0)) {
      throw new OtherForm();
    }
    return new Alternative(pattern.substring(from, at), rows, backtracks);
  }

  /** What one alternative may cost: the work of trying again where a part of it fails. */
  private static final class Cost {
    /** Parts without a bound so far, and those of them that a later part makes give back. */
    private int many;

    private int retried;

    /** Other choices so far, and those that a later part makes take back. */
    private long ways = 1;

    private long retriedWays = 1;
    private boolean endsInSpaces;

    private void add(Repeats repeats, boolean space) {
      if (repeats.least() > 0) {
        mayFail(0);
      }
      boolean unbounded = repeats.most() > FEW;
      many += unbounded ? 1 : 0;
      ways *= unbounded ? 1 : repeats.most() - repeats.least() + 1L;
      ways = Math.min(ways, Integer.MAX_VALUE);
      endsInSpaces = space && unbounded;
    }

    /**
     * Something that may fail.
     *
     * @param free parts without a bound that need not give back more than once: white space where
     *     white space must follow
     */
    private void mayFail(int free) {
      retried = Math.max(retried, many - free);
      retriedWays = ways;
      endsInSpaces = false;
    }
  }

  private List<List<Item>> group(boolean anyCase, int depth) throws OtherForm {
    boolean folds = skip("(?i:");
    if (depth > 1 || (!folds && !skip("(?:"))) {
      throw new OtherForm();
    }
    List<Alternative> inner = alternatives(anyCase || folds, depth + 1);
    if (!skip(")") || (at < pattern.length() && "*+{".indexOf(pattern.charAt(at)) >= 0)) {
      throw new OtherForm();
    }
    return inner.stream().flatMap(alternative -> alternative.rows().stream()).toList();
  }

  /** A class, an escape or a letter. */
  private Pattern one(boolean anyCase) throws OtherForm {
    Matcher found = pattern.charAt(at) == '[' ? CLASS.matcher(pattern) : SINGLE.matcher(pattern);
    if (!found.region(at, pattern.length()).lookingAt()) {
      throw new OtherForm();
    }
    at = found.end();
    int flags = anyCase ? FLAGS | Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE : FLAGS;
    return Pattern.compile(found.group(), flags);
  }

  private record Repeats(int least, int most) {}

  private Repeats quantifier() throws OtherForm {
    if (at == pattern.length() || "*+?{".indexOf(pattern.charAt(at)) < 0) {
      return new Repeats(1, 1);
    }
    Matcher found = QUANTIFIER.matcher(pattern).region(at, pattern.length());
    found.useTransparentBounds(true);
    if (!found.lookingAt()) {
      throw new OtherForm();
    }
    at = found.end();
    if (found.group(1) != null) {
      int least = found.group(1).equals("+") ? 1 : 0;
      return new Repeats(least, found.group(1).equals("?") ? 1 : Integer.MAX_VALUE);
    }
    int least = Integer.parseInt(found.group(2));
    if (found.group(3) == null) {
      return new Repeats(least, least);
    }
    int most = found.group(3).isEmpty() ? Integer.MAX_VALUE : Integer.parseInt(found.group(3));
    return new Repeats(least, most);
  }

  private boolean skip(String text) {
    boolean there = pattern.startsWith(text, at);
    at += there ? text.length() : 0;
    return there;
  }

  /** Every row with every continuation. */
  private static List<List<Item>> append(List<List<Item>> rows, List<List<Item>> more) {
    List<List<Item>> all = new ArrayList<>();
    for (List<Item> row : rows) {
      for (List<Item> next : more) {
        List<Item> joined = new ArrayList<>(row);
        joined.addAll(next);
        all.add(joined);
      }
    }
    return all;
  }
}
