// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.architecture;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import dev.awp.report.page.Markup;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The house as a picture: a row and a column for each room, floor by floor, and a mark where the
 * classes of the row's room use those of the column's. The floors are those of the page, the marks
 * come from the compiled classes.
 */
final class HousePicture {
  private static final int CELL = 15;
  private static final int LEFT = 344;
  private static final int NAMES = 232;
  private static final int TOP = 30;
  private static final int MARGIN = 12;

  /** Where a weight comes by, as the page's last section tells. */
  private static final List<String> WALK =
      List.of("checkpoint", "stored", "model", "calibration", "solver", "format", "disk", "report");

  /**
   * Neighbouring packages of one floor whose names begin alike.
   *
   * @param floor its number, the ground's is 1
   * @param name what they have in common
   * @param packages their full names
   */
  private record Room(int floor, String name, List<String> packages) {}

  private final Map<Integer, String> floors = new TreeMap<>();

  /** From the doors down to the ground. */
  private final List<Room> rooms = new ArrayList<>();

  private final Map<Room, TreeSet<Integer>> used = new HashMap<>();

  private HousePicture(String page) {
    Pattern line = Pattern.compile("^## (\\d+) ([^:\\n]+)|^[|] `([a-z.]+)` [|]", Pattern.MULTILINE);
    Matcher matcher = line.matcher(page);
    int floor = 0;
    while (matcher.find()) {
      if (matcher.group(1) != null) {
        floor = Integer.parseInt(matcher.group(1));
        floors.put(floor, matcher.group(2));
      } else {
        add(floor, matcher.group(3));
      }
    }
  }

  private void add(int floor, String listed) {
    String full = listed.startsWith("dev.awp") ? listed : "dev.awp." + listed;
    String root = root(listed);
    Room last = rooms.isEmpty() ? null : rooms.getFirst();
    if (last != null && last.floor() == floor && root.equals(root(last.name()))) {
      List<String> more = new ArrayList<>(last.packages());
      more.add(full);
      rooms.set(0, new Room(floor, root, more));
    } else {
      rooms.addFirst(new Room(floor, listed, List.of(full)));
    }
  }

  private static String root(String name) {
    return name.startsWith("dev.awp") ? name : name.replaceFirst("[.].*", "");
  }

  private void measure(JavaClasses classes) {
    for (JavaClass from : classes) {
      int row = index(from);
      for (Dependency dependency : from.getDirectDependenciesFromSelf()) {
        int column = index(dependency.getTargetClass());
        if (row >= 0 && column >= 0 && row != column) {
          used.computeIfAbsent(rooms.get(row), _ -> new TreeSet<>()).add(column);
        }
      }
    }
  }

  private int index(JavaClass of) {
    for (int i = 0; i < rooms.size(); i++) {
      if (rooms.get(i).packages().contains(of.getPackageName())) {
        return i;
      }
    }
    return -1;
  }

  /**
   * The picture.
   *
   * @param page docs/architecture.md
   * @param classes of the module
   */
  static String svg(Path page, JavaClasses classes) throws IOException {
    HousePicture picture = new HousePicture(Files.readString(page));
    picture.measure(classes);
    return picture.draw();
  }

  private String draw() {
    int side = rooms.size() * CELL;
    int width = LEFT + side + MARGIN;
    int height = TOP + side + MARGIN;
    Markup svg = new Markup();
    svg.add(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %s %s\" width=\"%s\" height=\"%s\""
            + " role=\"img\">%n",
        width, height, width, height);
    svg.add("<title>The rooms of awp and what they use</title>%n");
    svg.add(
        "<style>text{font:11px sans-serif;fill:#1f2328}.f{font-weight:bold}.n{fill:#fff;font-size:"
            + "9px;text-anchor:middle}.a{fill:#f3f5f8}.b{fill:#e3e9f1}.m{fill:#2f6db5}.w{fill:"
            + "#b5522f}.s{fill:#8a929c}</style>%n");
    svg.add("<rect width=\"%s\" height=\"%s\" fill=\"#fff\"/>%n", width, height);
    svg.add(
        "<text x=\"%s\" y=\"18\">A mark: the room of the row uses that of the column. 1 to 8: a"
            + " weight's way.</text>%n",
        NAMES);
    for (Map.Entry<Integer, String> floor : floors.entrySet()) {
      band(floor.getKey(), floor.getValue(), side, svg);
    }
    for (int row = 0; row < rooms.size(); row++) {
      row(row, svg);
    }
    return svg.add("</svg>%n").toString();
  }

  private void band(int floor, String title, int side, Markup svg) {
    int first = 0;
    while (rooms.get(first).floor() != floor) {
      first++;
    }
    int count = (int) rooms.stream().filter(room -> room.floor() == floor).count();
    String shade = floor % 2 == 0 ? "a" : "b";
    int y = TOP + first * CELL;
    svg.add(
        "<rect class=\"%s\" x=\"0\" y=\"%s\" width=\"%s\" height=\"%s\"/>%n",
        shade, y, LEFT + side, count * CELL);
    svg.add("<text class=\"f\" x=\"6\" y=\"%s\">%s %s</text>%n", y + 11, floor, title);
  }

  /** Its name, or that of its first package where the floor has two rooms of one name. */
  private String label(Room room) {
    boolean alone = rooms.stream().filter(other -> other.name().equals(room.name())).count() == 1;
    String first = room.packages().getFirst().replaceFirst("^dev[.]awp[.]", "");
    return alone ? room.name() : first;
  }

  private void row(int row, Markup svg) {
    Room room = rooms.get(row);
    int y = TOP + row * CELL;
    String kinds = room.packages().size() == 1 ? "" : " (" + room.packages().size() + ")";
    svg.add("<text x=\"%s\" y=\"%s\">%s%s</text>%n", NAMES, y + 11, label(room), kinds);
    int stop = WALK.indexOf(room.name()) + 1;
    if (stop > 0) {
      svg.add("<circle class=\"w\" cx=\"%s\" cy=\"%s\" r=\"6.5\"/>", NAMES - 12, y + 7);
      svg.add("<text class=\"n\" x=\"%s\" y=\"%s\">%s</text>%n", NAMES - 12, y + 10, stop);
    }
    int x = LEFT + row * CELL;
    svg.add("<rect class=\"s\" x=\"%s\" y=\"%s\" width=\"11\" height=\"11\"/>%n", x + 2, y + 2);
    for (int column : used.getOrDefault(room, new TreeSet<>())) {
      svg.add(
          "<rect class=\"m\" x=\"%s\" y=\"%s\" width=\"9\" height=\"9\"><title>%s uses %s</title>"
              + "</rect>%n",
          LEFT + column * CELL + 3, y + 3, label(room), label(rooms.get(column)));
    }
  }
}
