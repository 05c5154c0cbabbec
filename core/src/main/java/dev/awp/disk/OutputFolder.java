// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.disk;

import dev.awp.AwpException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The folder beside the final place in which a checkpoint grows:
 *
 * <pre>
 * OUT.partial/lock          kept to one process
 * OUT.partial/journal       what is finished
 * OUT.partial/checkpoint/   becomes OUT by one rename
 * OUT.partial/pruned/       a model on the way to it, where there is one
 * </pre>
 *
 * <p>Closing removes it, unless {@link #keep} was called: then the next run finds it under the same
 * name. Beside the final place, because a rename does not cross file systems.
 */
public final class OutputFolder implements AutoCloseable {
  private static final String LOCK = "lock";
  private static final String JOURNAL = "journal";
  private static final String CONTENT = "checkpoint";
  private static final String INNER = "pruned";
  private static final int TRIES = 10;

  private final OutputPlace place;
  private final Path output;
  private final Path root;
  private final List<Path> madeParents;
  private final FolderLock lock;
  private volatile boolean kept;

  private OutputFolder(OutputPlace place, Path root, List<Path> madeParents, FolderLock lock) {
    this.place = place;
    this.output = place.output();
    this.root = root;
    this.madeParents = madeParents;
    this.lock = lock;
  }

  /** A new folder of a name of its own, for a checkpoint that nobody will go on with. */
  public static OutputFolder create(OutputPlace place) {
    return make(place, ".partial-" + Long.toHexString(new SecureRandom().nextLong()));
  }

  /**
   * The folder OUT.partial, with what an earlier run left in it.
   *
   * @throws AwpException where a run is at work in it, or it holds something else
   */
  public static OutputFolder open(OutputPlace place) {
    return make(place, ".partial");
  }

  private static OutputFolder make(OutputPlace given, String suffix) {
    Path absolute = resolved(given.output());
    OutputPlace place = new OutputPlace(absolute, given.main());
    checkFree(place);
    Path root = beside(absolute, suffix);
    List<Path> parents = new ArrayList<>();
    try {
      FolderLock lock = lock(root, parents);
      OutputFolder folder = new OutputFolder(place, root, parents, lock);
      try {
        checkFree(place); // whoever had the lock may have finished since
        Files.createDirectories(folder.workFolder());
        return folder;
      } catch (IOException | RuntimeException e) {
        folder.kept = Files.exists(folder.journal());
        folder.close();
        throw e;
      }
    } catch (IOException e) {
      throw Folders.unwritable(root, e);
    }
  }

  private static void makeParents(Path folder, List<Path> made) throws IOException {
    if (folder != null && !Files.exists(folder)) {
      makeParents(folder.getParent(), made);
      try {
        Files.createDirectory(folder);
        made.add(folder);
      } catch (FileAlreadyExistsException e) {
        return; // another run needs it too
      }
    }
  }

  /** Another run may be removing the folder, and its parents, at this moment. */
  private static FolderLock lock(Path root, List<Path> parents) throws IOException {
    for (int i = 0; ; i++) {
      try {
        makeParents(root.getParent(), parents);
        makeRoot(root);
        return FolderLock.acquire(root.resolve(LOCK));
      } catch (IOException | AwpException e) {
        Throwable reason = e instanceof AwpException ? e.getCause() : e;
        if (!(reason instanceof NoSuchFileException) || i == TRIES) {
          throw e;
        }
      }
    }
  }

  private static void makeRoot(Path root) throws IOException {
    try {
      Files.createDirectory(root);
    } catch (FileAlreadyExistsException e) {
      checkOurs(root);
    }
  }

  private static void checkOurs(Path root) throws IOException {
    if (!Files.isDirectory(root, LinkOption.NOFOLLOW_LINKS)) {
      throw new AwpException(
          root + ": awp would work in a folder of this name, and this is none; remove it");
    }
    if (Files.exists(root.resolve(LOCK)) || Files.exists(root.resolve(JOURNAL))) {
      return;
    }
    try (Stream<Path> content = Files.list(root)) {
      if (content.findAny().isPresent()) {
        throw new AwpException(
            root + ": holds something other than an unfinished run; remove it, or choose another");
      }
    } catch (NoSuchFileException e) {
      return; // the run that it belonged to has just ended
    }
  }

  /**
   * Refuses an output folder that holds anything, or that no rename can replace, and an output file
   * that is there already.
   */
  public static void checkFree(OutputPlace place) {
    Path output = place.output();
    if (!Files.exists(output)) {
      return;
    }
    if (place.isFile()) {
      throw new AwpException(
          output + ": there is a file of this name; remove it or choose another");
    }
    if (!Files.isDirectory(output)) {
      throw new AwpException(output + ": the output must be a folder, this is a file");
    }
    try (Stream<Path> content = Files.list(output)) {
      if (content.findAny().isPresent()) {
        throw new AwpException(
            output + ": the output folder is not empty; remove it or choose another");
      }
      Path real = output.toRealPath();
      if (real.getParent() == null || !onSameMount(real, real.getParent())) {
        throw new AwpException(
            output + ": the output folder is a mount point; choose a new folder inside it");
      }
    } catch (IOException e) {
      throw new AwpException(output + ": cannot be listed: " + e.getMessage(), e);
    }
  }

  /** By the table of mounts; a chroot has none, and there devices alone tell. */
  private static boolean onSameMount(Path folder, Path parent) throws IOException {
    try {
      return Files.getFileStore(folder).equals(Files.getFileStore(parent));
    } catch (IOException e) {
      String device = "unix:dev";
      return Files.getAttribute(folder, device).equals(Files.getAttribute(parent, device));
    }
  }

  /** Through links: the folder that a link names is replaced, not the link. */
  private static Path resolved(Path output) {
    try {
      return Files.exists(output) ? output.toRealPath() : output.toAbsolutePath().normalize();
    } catch (IOException e) {
      throw Folders.unwritable(output, e);
    }
  }

  private static Path beside(Path output, String suffix) {
    return output.resolveSibling(output.getFileName() + suffix);
  }

  /**
   * Ends a run that was stopped between giving the output its name and removing this folder.
   *
   * @return whether there was such a run: the output is complete then
   */
  public static boolean finishedBefore(OutputPlace place) {
    Path absolute = resolved(place.output());
    if (absolute.getFileName() == null) {
      return false;
    }
    Path root = beside(absolute, ".partial");
    if (!Files.exists(absolute)
        || !Files.exists(root.resolve(JOURNAL))
        || Files.exists(root.resolve(CONTENT).resolve(place.main().orElse("")))) {
      return false;
    }
    try (FolderLock _ = FolderLock.acquire(root.resolve(LOCK))) {
      Folders.delete(root);
      return true;
    } catch (IOException e) {
      throw new AwpException(root + ": cannot be removed: " + e.getMessage(), e);
    }
  }

  /** The folder that will get the final name; files may be put there. */
  public Path workFolder() {
    return root.resolve(CONTENT);
  }

  /**
   * The folder of a model on the way; it ends with the run, and what lies here is kept till then.
   */
  public Path innerFolder() {
    return root.resolve(INNER);
  }

  /** Removes the model on the way. */
  public void clearInner() {
    try {
      Folders.delete(innerFolder());
    } catch (IOException | UncheckedIOException e) {
      throw new AwpException(innerFolder() + ": cannot be cleared: " + e.getMessage(), e);
    }
  }

  /** The folder of it all; what lies here, and not in {@link #workFolder}, ends with the run. */
  public Path scratchFolder() {
    return root;
  }

  /**
   * Makes all that lies here durable, names included; but for the lock, whose file nobody opens
   * while it is held.
   */
  public void force() {
    try {
      Folders.forceTree(workFolder());
      Folders.force(root);
      Folders.force(root.getParent());
    } catch (IOException | UncheckedIOException e) {
      throw new AwpException(root + ": cannot be written: " + e.getMessage(), e);
    }
  }

  /** Where the run's journal belongs. */
  public Path journal() {
    return root.resolve(JOURNAL);
  }

  /** From now on closing leaves the folder where it is. */
  public void keep() {
    kept = true;
  }

  /** Removes all that an earlier run left, or what of it nothing vouches for. */
  public void clear(Optional<List<String>> except) {
    Path content = workFolder();
    try {
      for (Path path : Folders.tree(root).reversed()) {
        boolean folder = path.equals(root) || path.equals(content);
        boolean ours = path.equals(root.resolve(LOCK));
        boolean spared =
            except.isPresent() && (path.equals(journal()) || path.startsWith(innerFolder()));
        if (!folder && !ours && !spared && !isIn(except.orElse(List.of()), content, path)) {
          deleteUnlessFull(path);
        }
      }
    } catch (IOException | UncheckedIOException e) {
      throw new AwpException(root + ": cannot be cleared: " + e.getMessage(), e);
    }
  }

  private static boolean isIn(List<String> files, Path content, Path path) {
    return files.stream().anyMatch(file -> path.equals(content.resolve(file)));
  }

  /** A folder that holds a file that stays is kept with it. */
  private static void deleteUnlessFull(Path path) throws IOException {
    try {
      Files.delete(path);
    } catch (DirectoryNotEmptyException e) {
      return;
    }
  }

  /**
   * Makes everything durable and gives the content its final name. Where only the naming fails it
   * stays, and the message says where: hours of work are not thrown away.
   *
   * @throws AwpException also where somebody removed or replaced the folder meanwhile
   */
  public void commit() {
    if (!lock.isInPlace()) {
      throw new AwpException(
          root + ": was removed or replaced while this run worked in it; start it again");
    }
    try {
      Folders.forceTree(workFolder());
    } catch (IOException | UncheckedIOException e) {
      throw new AwpException(workFolder() + ": cannot be written: " + e.getMessage(), e);
    }
    keep();
    try {
      if (place.isFile()) {
        moveFiles();
      } else {
        // An empty folder stands in the way of the rename on some systems.
        Files.deleteIfExists(output);
        Files.move(workFolder(), output, StandardCopyOption.ATOMIC_MOVE);
      }
      Folders.force(output.getParent());
    } catch (IOException e) {
      throw new AwpException(
          "%s: cannot be put in place (%s), the finished model is in %s"
              .formatted(output, e, workFolder()),
          e);
    }
    kept = false;
    madeParents.clear();
  }

  /** What is said about the file comes first: where the file is, the output is complete. */
  private void moveFiles() throws IOException {
    String main = place.main().orElseThrow();
    for (Path file : Folders.tree(workFolder())) {
      String name = workFolder().relativize(file).toString();
      if (Files.isRegularFile(file) && !name.equals(main)) {
        Files.move(file, place.of(name), StandardCopyOption.REPLACE_EXISTING);
      }
    }
    Files.move(workFolder().resolve(main), output, StandardCopyOption.ATOMIC_MOVE);
  }

  /** Removes everything, or gives the lock back where it is kept. */
  @Override
  public void close() {
    try (lock) {
      if (!kept && lock.isInPlace()) {
        // The lock goes last: without it, nobody would know whose the rest is.
        Files.deleteIfExists(journal());
        Folders.delete(workFolder());
        Folders.delete(root);
        for (Path parent : madeParents.reversed()) {
          Files.delete(parent);
        }
      }
    } catch (DirectoryNotEmptyException e) {
      return; // somebody else uses it by now
    } catch (IOException | UncheckedIOException e) {
      throw new AwpException(root + ": cannot be removed: " + e.getMessage(), e);
    }
  }
}
