// SPDX-License-Identifier: Apache-2.0
import java.io.FileReader;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import org.eclipse.dataspacetck.core.system.ConsoleMonitor;
import org.eclipse.dataspacetck.dps.system.DpsSystemLauncher;
import org.eclipse.dataspacetck.runtime.TckRuntime;

// Runs the official kit against the node that the properties file names: RunKit FILE PACKAGE…
// Prints each failure and one line of totals; the exit code is 0 only if something ran and nothing failed.
public final class RunKit {
    private RunKit() {
    }

    public static void main(String[] args) throws Exception {
        Properties file = new Properties();
        try (FileReader reader = new FileReader(args[0])) {
            file.load(reader);
        }
        Map<String, String> settings = new HashMap<>();
        file.forEach((name, value) -> settings.put(name.toString(), value.toString()));
        TckRuntime.Builder builder = TckRuntime.Builder.newInstance().properties(settings)
                .monitor(new ConsoleMonitor(true, false)).launcher(DpsSystemLauncher.class);
        for (int i = 1; i < args.length; i++) {
            builder.addPackage(args[i]);
        }
        var summary = builder.build().execute();
        summary.getFailures().forEach(failure -> System.out.println("FAILED " + failure.getTestIdentifier().getDisplayName()
                + "\n       " + String.valueOf(failure.getException()).replaceAll("\\s+", " ")));
        long passed = summary.getTestsSucceededCount();
        long failed = summary.getTotalFailureCount();
        System.out.printf("kit: %d passed, %d failed%n", passed, failed);
        System.exit(passed > 0 && failed == 0 ? 0 : 1);
    }
}
