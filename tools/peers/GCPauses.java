// The work of tools/bench/gc_pauses.py for a Java virtual machine: the same table, the same mix, the same lines of JSON.
//
// usage: java [options of the collector] GCPauses CONTAINERS MUTATORS SECONDS [COLLECTIONS AT_MOST [AGE]]
//
// Units are Object[], HashMap and instances. Completed collections are those that the collectors' beans count; of the whole heap are ZGC's
// cycles; G1 marks the whole heap beside its young collections and counts that nowhere: -1.
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;

public final class GCPauses {
    static final int OPERATIONS = 8;
    static final double GARBAGE_IN_STEP = 6.25;
    static final long LONG = 102_400;
    static final int BIN = 10;
    static final int ROW = 1000;
    static final long LOOK = 20_000_000;

    static final class Node {
        Object itself, x, y, z;

        Node(Object x, Object y, Object z) {
            this.x = x;
            this.y = y;
            this.z = z;
        }
    }

    static Object makeUnit(int kind, Object x, Object y, Object z) {
        if (kind == 0) {
            Object[] unit = {null, x, y, z};
            unit[0] = unit;
            return unit;
        }
        if (kind == 1) {
            HashMap<String, Object> unit = new HashMap<>(8);
            unit.put("x", x);
            unit.put("y", y);
            unit.put("z", z);
            unit.put("itself", unit);
            return unit;
        }
        Node unit = new Node(x, y, z);
        unit.itself = kind == 2 ? unit : new Object[] {unit, x, y};
        return unit;
    }

    static long next(long number) {
        return (number * 1103515245L + 12345) & 0x7FFFFFFF;
    }

    static void replace(Object[][][] rows, Object[][][] table, long number) {
        Object[][] row = rows[(int) ((number >> 8) % rows.length)];
        int place = (int) ((number >> 4) % row.length);
        Object[][] other = table[(int) ((number >> 9) % table.length)];
        row[place][0] = makeUnit(place & 3, other[(int) ((number >> 6) % other.length)],
            other[(int) ((number >> 11) % other.length)], row[(int) ((number >> 13) % row.length)]);
    }

    static Object[][][] build(int units) {
        Object[][][] table = new Object[(units + ROW - 1) / ROW][][];
        for (int index = 0; index < table.length; index++) {
            table[index] = new Object[Math.min(ROW, units - index * ROW)][];
            for (int place = 0; place < table[index].length; place++) table[index][place] = new Object[3];
        }
        long number = 1;
        for (Object[][] row : table) {
            for (int place = 0; place < row.length; place++) {
                number = next(number);
                Object[][] other = table[(int) ((number >> 8) % table.length)];
                row[place][1] = other[(int) ((number >> 5) % other.length)];
                row[place][2] = other[(int) ((number >> 12) % other.length)];
                row[place][0] = makeUnit(place & 3, other[(int) ((number >> 7) % other.length)],
                    other[(int) ((number >> 10) % other.length)], row[(int) ((number >> 14) % row.length)]);
            }
        }
        return table;
    }

    /** Keeps what is dropped at once from being no object at all. */
    static volatile Object sink;

    static final class Mutator extends Thread {
        final Object[][][] table, rows;
        final double seconds, atMost;
        final long collections;
        long number, began, ended, steps, watched, reclaimed;
        final long[] bins = new long[(int) (LONG >> BIN)];
        long[] gapAt = new long[1 << 12], gapLength = new long[1 << 12];
        int gaps;
        final StringBuilder lookAt = new StringBuilder(), lookAlive = new StringBuilder();
        final ReferenceQueue<Object> died = new ReferenceQueue<>();
        final HashSet<Object> references = new HashSet<>();
        Object local;

        Mutator(Object[][][] table, int index, int mutators, double seconds, long collections, double atMost) {
            this.table = table;
            this.seconds = seconds;
            this.collections = collections;
            this.atMost = atMost;
            number = 12_345 + 7919L * index;
            List<Object[][]> own = new ArrayList<>();
            for (int row = index; row < table.length; row += mutators) own.add(table[row]);
            rows = own.toArray(new Object[0][][]);
        }

        void work() {
            for (int turn = 0; turn < OPERATIONS; turn++) {
                number = next(number);
                if (turn == 0 || turn == 4) {
                    HashMap<String, Object> first = new HashMap<>();
                    first.put("number", number);
                    ArrayList<Object> second = new ArrayList<>();
                    second.add(first);
                    first.put("link", second);
                    local = first;
                } else if (turn == 1) {
                    replace(rows, table, number);
                } else if (turn == 2 || turn == 6) {
                    Object[][] row = rows[(int) ((number >> 8) % rows.length)];
                    Object[][] other = table[(int) ((number >> 9) % table.length)];
                    row[(int) ((number >> 4) % row.length)][turn == 2 ? 1 : 2] = other[(int) ((number >> 6) % other.length)];
                } else if (turn == 3) {
                    Node node = new Node(number, null, null);
                    node.itself = node;
                    local = node;
                } else {
                    local = new Node(number, new Object[] {number, new Object[] {number, turn}}, null);
                }
            }
        }

        void look() {
            Object reference;
            while ((reference = died.poll()) != null) {
                references.remove(reference);
                reclaimed++;
            }
        }

        @Override
        public void run() {
            long now = began = System.nanoTime();
            long end = began + (long) (seconds * 1e9), last = began + (long) (atMost * 1e9), nextLook = began + LOOK;
            while (true) {
                work();
                long before = now;
                now = System.nanoTime();
                long gap = now - before;
                if (gap < LONG) {
                    bins[(int) (gap >> BIN)]++;
                } else {
                    if (gaps == gapAt.length) {
                        gapAt = Arrays.copyOf(gapAt, gaps * 2);
                        gapLength = Arrays.copyOf(gapLength, gaps * 2);
                    }
                    gapAt[gaps] = before;
                    gapLength[gaps++] = gap;
                }
                steps++;
                if ((steps & 63) == 0) {
                    Node node = new Node(null, null, null);
                    node.itself = node;
                    references.add(new WeakReference<>(node, died));
                    watched++;
                }
                if (now >= nextLook) {
                    look();
                    lookAt.append(lookAt.length() > 0 ? "," : "").append(now);
                    lookAlive.append(lookAlive.length() > 0 ? "," : "").append(watched - reclaimed);
                    nextLook = now + LOOK;
                    if (now >= end && (now >= last || count()[0] >= collections)) break;
                }
            }
            ended = now;
            sink = local;
        }
    }

    static long[] atStart = {0, 0};

    /** Completed collections since the start, and those of the whole heap. */
    static long[] count() {
        long all = 0, full = 0;
        boolean counted = false;
        for (GarbageCollectorMXBean bean : ManagementFactory.getGarbageCollectorMXBeans()) {
            if (bean.getName().contains("Pauses")) continue;
            all += bean.getCollectionCount();
            if (bean.getName().contains("Cycles")) {
                full += bean.getCollectionCount();
                counted = true;
            }
        }
        return new long[] {all - atStart[0], counted ? full - atStart[1] : -1};
    }

    static String list(long[] values, int count) {
        return Arrays.toString(Arrays.copyOf(values, count));
    }

    static void report(String phase, long began) {
        System.out.println("{\"phase\": \"" + phase + "\", \"nanoseconds\": " + (System.nanoTime() - began) + "}");
    }

    public static void main(String[] arguments) throws InterruptedException {
        if (arguments.length != 3 && arguments.length != 5 && arguments.length != 6) {
            System.err.println("usage: GCPauses CONTAINERS MUTATORS SECONDS [COLLECTIONS AT_MOST [AGE]]");
            System.exit(2);
        }
        int containers = Integer.parseInt(arguments[0]), mutators = Integer.parseInt(arguments[1]);
        double seconds = Double.parseDouble(arguments[2]);
        long collections = arguments.length > 3 ? Long.parseLong(arguments[3]) : 0;
        double atMost = arguments.length > 3 ? Double.parseDouble(arguments[4]) : seconds;
        double factor = arguments.length > 5 ? Double.parseDouble(arguments[5]) : 2;
        int units = (int) (containers * 4L / 9);
        if (units < mutators * ROW) {
            System.err.println("GCPauses: every mutator needs " + (ROW * 9 / 4 + 1) + " containers");
            System.exit(2);
        }
        long began = System.nanoTime();
        Object[][][] table = build(units);
        report("built", began);
        began = System.nanoTime();
        long number = 2;
        for (long turn = 0; turn < (long) (units * factor); turn++) {
            number = next(number);
            replace(table, table, number);
        }
        System.gc();
        report("aged", began);
        atStart = count();
        Mutator[] crew = new Mutator[mutators];
        for (int index = 0; index < mutators; index++) crew[index] = new Mutator(table, index, mutators, seconds, collections, atMost);
        began = System.nanoTime();
        for (Mutator mutator : crew) mutator.start();
        for (Mutator mutator : crew) mutator.join();
        long ended = System.nanoTime();
        long[] completed = count();
        report("measured", began);
        long steps = 0, watched = 0, reclaimed = 0;
        for (Mutator m : crew) {
            System.out.println("{\"mutator\": {\"began\": " + m.began + ", \"ended\": " + m.ended + ", \"steps\": " + m.steps
                + ", \"binNanoseconds\": " + (1 << BIN) + ", \"bins\": " + list(m.bins, m.bins.length)
                + ", \"gapAt\": " + list(m.gapAt, m.gaps) + ", \"gapLength\": " + list(m.gapLength, m.gaps)
                + ", \"lookAt\": [" + m.lookAt + "], \"lookAlive\": [" + m.lookAlive + "], \"watched\": " + m.watched
                + ", \"garbage\": " + (long) (m.steps * GARBAGE_IN_STEP + m.watched) + "}}");
            steps += m.steps;
            watched += m.watched;
            reclaimed += m.reclaimed;
        }
        System.out.println("{\"began\": " + began + ", \"ended\": " + ended + ", \"operations\": " + steps * OPERATIONS
            + ", \"completed\": " + completed[0] + ", \"full\": " + completed[1] + ", \"collected\": 0, \"watched\": " + watched
            + ", \"reclaimed\": " + reclaimed + ", \"table\": " + containers + ", \"live\": -1, \"kept\": -1}");
        System.out.flush();
        sink = table;
        System.exit(0);
    }
}
