// Checks every kernel against a CPU reference and, with --time, measures it against the device's copy ceiling.
//   sp_bench [--time] [path of libstyleprotect_native.so]
// The driver is libcuda.so.1, or the one in STYLEPROTECT_CUDA_DRIVER. Exit code: 0 all right, 1 a check failed, 2 no device or no kernels.
#include <dlfcn.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "reference.h"

namespace {

using bench::Values;

struct Library {
#define SP_USE(name) decltype(&::name) name = nullptr;
#define SP_USED(X) \
    X(sp_open) X(sp_last_error) X(sp_kernel_bytes) X(sp_device_alloc) X(sp_device_free) X(sp_copy_to_device) X(sp_copy_to_host) X(sp_copy_on_device) X(sp_synchronize) \
    X(sp_pgd_workspace_bytes) X(sp_pgd_step) X(sp_project_l2) X(sp_attention_workspace_bytes) X(sp_attention_forward) X(sp_attention_backward) X(sp_adamw_workspace_bytes) X(sp_adamw_step) \
    X(sp_group_norm_workspace_bytes) X(sp_group_norm_forward) X(sp_group_norm_backward)
    SP_USED(SP_USE)
    explicit Library(const char* path) {
        void* library = dlopen(path, RTLD_NOW);
        if (library == nullptr) throw std::runtime_error(dlerror());
#define SP_FIND(name)                                                          \
    name = reinterpret_cast<decltype(name)>(dlsym(library, #name));            \
    if (name == nullptr) throw std::runtime_error(std::string(path) + " lacks " #name);
        SP_USED(SP_FIND)
    }
};

const Library* lib;

void ok(int32_t status, const char* what) {
    if (status != SP_OK) throw std::runtime_error(std::string(what) + ": status " + std::to_string(status) + ", " + lib->sp_last_error());
}
#define OK(call) ok(lib->call, #call)

// Device memory with guard words behind it is not needed: the interpreter checks bounds, and so does compute-sanitizer.
struct Device {
    uint64_t address = 0;
    size_t bytes = 0;
    explicit Device(size_t bytes) : bytes(bytes) { OK(sp_device_alloc(static_cast<int64_t>(std::max<size_t>(bytes, 16)), &address)); }
    explicit Device(const Values& v) : Device(v.size() * sizeof(float)) { put(v.data()); }
    Device(const Device&) = delete;
    ~Device() { lib->sp_device_free(address); }
    void put(const void* data) { if (bytes > 0) OK(sp_copy_to_device(address, data, static_cast<int64_t>(bytes))); }
    Values get() const {
        Values v(bytes / sizeof(float));
        if (bytes > 0) OK(sp_copy_to_host(v.data(), address, static_cast<int64_t>(bytes)));
        return v;
    }
};

Values random(size_t n, unsigned seed, float spread = 1) {
    std::mt19937 generator(seed);
    std::normal_distribution<float> normal(0, spread);
    Values v(n);
    for (float& x : v) x = normal(generator);
    return v;
}

int failures = 0;

void compare(const std::string& name, const Values& expected, const Values& actual, double tolerance) {
    double scale = 1, worst = 0;
    for (float v : expected) scale = std::max(scale, std::fabs(static_cast<double>(v)));
    for (size_t i = 0; i < expected.size(); ++i) {
        const double difference = std::fabs(static_cast<double>(expected[i]) - actual[i]);
        worst = std::isnan(difference) ? INFINITY : std::max(worst, difference);
    }
    const bool good = worst <= tolerance * scale;
    if (!good) ++failures;
    std::printf("%s  %-62s largest difference %.2e of %.2e\n", good ? "ok  " : "FAIL", name.c_str(), worst, tolerance * scale);
}

sp_pgd_options step_options(int direction, int round) {
    return sp_pgd_options{direction == SP_DIRECTION_L2 ? 1.0f : 0.02f, 0.1f, -1, 1, 0.9f, 127.5f, 2.0f / 255, direction, round};
}

void check_pgd(int images, int channels, int pixels, int direction, bool momentum, bool masked, int round) {
    sp_images shape{images, channels, pixels, masked ? pixels : 0, 0};
    const size_t n = static_cast<size_t>(images) * channels * pixels;
    Values x0 = random(n, 1, 0.5f), x = x0, g = random(n, 3), m = random(n, 4), mask = random(static_cast<size_t>(images) * pixels, 5);
    for (float& v : x0) v = std::min(1.0f, std::max(-1.0f, v));
    for (size_t i = 0; i < n; ++i) x[i] = x0[i] + 0.03f * g[n - 1 - i];
    for (float& v : mask) v = std::min(1.0f, std::fabs(v));
    Device dx(x), dx0(x0), dg(g), dm(m), dmask(mask);
    int64_t bytes = 0;
    OK(sp_pgd_workspace_bytes(&shape, &bytes));
    Device workspace(static_cast<size_t>(bytes));
    const sp_pgd_options options = step_options(direction, round);
    OK(sp_pgd_step(dx.address, dx0.address, dg.address, SP_FLOAT32, momentum ? dm.address : 0, masked ? dmask.address : 0, &shape, &options, workspace.address));
    OK(sp_synchronize());
    bench::pgd_step(x, x0, g, momentum ? &m : nullptr, masked ? &mask : nullptr, shape, options);
    const std::string name = "pgd " + std::to_string(images) + "x" + std::to_string(channels) + "x" + std::to_string(pixels) + " direction " + std::to_string(direction) + (momentum ? " momentum" : "") + (masked ? " mask" : "") + (round ? " 8-bit" : "");
    compare(name, x, dx.get(), 2e-6);
    if (momentum) compare(name + " (m)", m, dm.get(), 2e-6);
}

void check_l2(int images, int channels, int pixels, float radius) {
    sp_images shape{images, channels, pixels, 0, 0};
    const size_t n = static_cast<size_t>(images) * channels * pixels;
    Values x0 = random(n, 1), x = random(n, 2);
    Device dx(x), dx0(x0);
    int64_t bytes = 0;
    OK(sp_pgd_workspace_bytes(&shape, &bytes));
    Device workspace(static_cast<size_t>(bytes));
    OK(sp_project_l2(dx.address, dx0.address, &shape, radius, workspace.address));
    OK(sp_synchronize());
    bench::project_l2(x, x0, shape, radius);
    compare("L2 projection " + std::to_string(images) + "x" + std::to_string(channels) + "x" + std::to_string(pixels), x, dx.get(), 2e-6);
}

sp_heads dense(uint64_t address, const sp_attention_shape& s, int length) {
    return sp_heads{address, static_cast<int64_t>(s.heads) * length * s.size, static_cast<int64_t>(length) * s.size, s.size};
}

struct AttentionRun {
    sp_attention_shape shape;
    Values q, k, v, g;
    Device dq_, dk_, dv_, dg_, output, mass, norm, grad_q, grad_k, grad_v, forward, backward;
    static size_t workspace(const sp_attention_shape& s, int pass) {
        int64_t bytes = 0;
        OK(sp_attention_workspace_bytes(&s, pass, &bytes));
        return static_cast<size_t>(bytes);
    }
    explicit AttentionRun(const sp_attention_shape& s)
        : shape(s), q(random(rows(s, s.queries), 1)), k(random(rows(s, s.keys), 2)), v(random(rows(s, s.keys), 3)), g(random(rows(s, s.queries), 4)),
          dq_(q), dk_(k), dv_(v), dg_(g), output(q.size() * 4), mass(static_cast<size_t>(s.batch) * s.keys * 4), norm(static_cast<size_t>(s.batch) * s.heads * 4),
          grad_q(q.size() * 4), grad_k(k.size() * 4), grad_v(v.size() * 4), forward(workspace(s, 0)), backward(workspace(s, 1)) {}
    static size_t rows(const sp_attention_shape& s, int length) { return static_cast<size_t>(s.batch) * s.heads * length * s.size; }
    void run_forward() const {
        const sp_heads hq = dense(dq_.address, shape, shape.queries), hk = dense(dk_.address, shape, shape.keys), hv = dense(dv_.address, shape, shape.keys), ho = dense(output.address, shape, shape.queries);
        OK(sp_attention_forward(&hq, &hk, &hv, &ho, &shape, mass.address, norm.address, forward.address));
    }
    void run_backward() const {
        const sp_heads hq = dense(dq_.address, shape, shape.queries), hk = dense(dk_.address, shape, shape.keys), hv = dense(dv_.address, shape, shape.keys), hg = dense(dg_.address, shape, shape.queries);
        const sp_heads gq = dense(grad_q.address, shape, shape.queries), gk = dense(grad_k.address, shape, shape.keys), gv = dense(grad_v.address, shape, shape.keys);
        OK(sp_attention_backward(&hq, &hk, &hv, &hg, &gq, &gk, &gv, &shape, backward.address));
    }
};

void check_attention(int batch, int heads, int queries, int keys, int size) {
    AttentionRun run(sp_attention_shape{batch, heads, queries, keys, size, SP_FLOAT32, 1 / std::sqrt(static_cast<float>(size))});
    run.run_forward();
    run.run_backward();
    OK(sp_synchronize());
    const bench::Attention expected = bench::attention(run.q, run.k, run.v, run.g, run.shape);
    const std::string name = "attention " + std::to_string(batch) + "x" + std::to_string(heads) + "x" + std::to_string(queries) + "x" + std::to_string(keys) + "x" + std::to_string(size);
    compare(name, expected.output, run.output.get(), 1e-5);
    compare(name + " token mass", expected.mass, run.mass.get(), 1e-5);
    compare(name + " head norm", expected.norm, run.norm.get(), 1e-5);
    compare(name + " dq", expected.dq, run.grad_q.get(), 1e-5);
    compare(name + " dk", expected.dk, run.grad_k.get(), 1e-5);
    compare(name + " dv", expected.dv, run.grad_v.get(), 1e-5);
}

sp_adamw_options adamw_options() { return sp_adamw_options{1 - 1e-4f, 0.1f, 0.999f, 0.001f, 1 / std::sqrt(1 - 0.999f), 1e-8f, 0.01f / (1 - 0.9f), 1.0f}; }

void check_adamw(const std::vector<size_t>& sizes) {
    std::vector<Values> w, g, m, v;
    for (size_t i = 0; i < sizes.size(); ++i) {
        w.push_back(random(sizes[i], static_cast<unsigned>(10 + i)));
        g.push_back(random(sizes[i], static_cast<unsigned>(20 + i)));
        m.push_back(Values(sizes[i]));
        v.push_back(Values(sizes[i]));
    }
    std::vector<Device*> memory;
    std::vector<sp_parameter> table;
    for (size_t i = 0; i < sizes.size(); ++i) {
        Device* d[] = {new Device(w[i]), new Device(g[i]), new Device(m[i]), new Device(v[i])};
        memory.insert(memory.end(), std::begin(d), std::end(d));
        table.push_back(sp_parameter{d[0]->address, d[1]->address, d[2]->address, d[3]->address, static_cast<int64_t>(sizes[i])});
    }
    int64_t bytes = 0;
    double norm = 0;
    OK(sp_adamw_workspace_bytes(table.data(), static_cast<int32_t>(table.size()), &bytes));
    Device workspace(static_cast<size_t>(bytes));
    const sp_adamw_options options = adamw_options();
    OK(sp_adamw_step(table.data(), static_cast<int32_t>(table.size()), &options, workspace.address, &norm));
    const double expected = bench::adamw(w, g, m, v, options);
    compare("adamw norm", {static_cast<float>(expected)}, {static_cast<float>(norm)}, 1e-6);
    for (size_t i = 0; i < sizes.size(); ++i) {
        compare("adamw weights " + std::to_string(sizes[i]), w[i], memory[4 * i]->get(), 2e-6);
        compare("adamw moments " + std::to_string(sizes[i]), m[i], memory[4 * i + 2]->get(), 2e-6);
    }
    for (Device* d : memory) delete d;
}

struct NormRun {
    sp_norm_shape shape;
    Values x, g, weight, bias;
    Device dx_, dg_, dw_, db_, y, grad_x, grad_w, grad_b, statistics, workspace;
    static size_t size(const sp_norm_shape& s) { return static_cast<size_t>(s.images) * s.channels * s.positions; }
    static size_t space(const sp_norm_shape& s) {
        int64_t bytes = 0;
        OK(sp_group_norm_workspace_bytes(&s, &bytes));
        return static_cast<size_t>(bytes);
    }
    static Values shifted(Values v) {
        for (float& e : v) e += 3;  // a mean far from 0 cancels in a plain sum of squares
        return v;
    }
    explicit NormRun(const sp_norm_shape& s)
        : shape(s), x(shifted(random(size(s), 1))), g(random(size(s), 2)), weight(random(s.channels, 3)), bias(random(s.channels, 4)), dx_(x), dg_(g), dw_(weight), db_(bias),
          y(x.size() * 4), grad_x(x.size() * 4), grad_w(weight.size() * 4), grad_b(bias.size() * 4), statistics(static_cast<size_t>(s.images) * s.groups * 8), workspace(space(s)) {}
    void run_forward() const { OK(sp_group_norm_forward(dx_.address, y.address, dw_.address, db_.address, statistics.address, &shape, workspace.address)); }
    void run_backward() const {
        OK(sp_group_norm_backward(dx_.address, dg_.address, grad_x.address, dw_.address, db_.address, statistics.address, grad_w.address, grad_b.address, &shape, workspace.address));
    }
};

void check_norm(int images, int channels, int positions, int groups) {
    for (int last = 0; last < 2; ++last) {
        NormRun run(sp_norm_shape{images, channels, positions, groups, last, SP_FLOAT32, 1, 1e-5f});
        run.run_forward();
        run.run_backward();
        OK(sp_synchronize());
        const bench::Norm expected = bench::group_norm(run.x, run.g, run.weight, run.bias, run.shape);
        const std::string name = "group norm + silu " + std::to_string(images) + "x" + std::to_string(channels) + "x" + std::to_string(positions) + (last != 0 ? " channels last" : " channels first");
        compare(name, expected.y, run.y.get(), 1e-6);
        compare(name + " dx", expected.dx, run.grad_x.get(), 2e-6);
        compare(name + " dw", expected.dw, run.grad_w.get(), 2e-6);
        compare(name + " db", expected.db, run.grad_b.get(), 2e-6);
    }
}

void check_all() {
    for (int direction = 0; direction < 3; ++direction)
        for (int flags = 0; flags < 8; ++flags) check_pgd(2, 3, flags % 2 == 0 ? 60 : 77, direction, (flags & 1) != 0, (flags & 2) != 0, (flags & 4) != 0 ? 1 : 0);
    check_pgd(1, 1, 1, SP_DIRECTION_SIGN, false, false, 0);
    check_pgd(1, 3, 20000, SP_DIRECTION_L2, true, false, 0);
    check_l2(3, 3, 50, 2.0f);
    check_l2(1, 1, 20001, 5.0f);
    check_attention(1, 1, 1, 1, 1);
    check_attention(1, 2, 70, 77, 40);
    check_attention(2, 1, 17, 33, 64);
    check_attention(1, 1, 19, 77, 80);
    check_attention(1, 1, 9, 256, 160);
    check_adamw({1, 5, 20000, 4096, 3});
    check_norm(2, 64, 90, 32);
    check_norm(1, 6, 77, 2);
    check_norm(1, 32, 4100, 8);
    check_norm(1, 1100, 4, 11);
}

// Seconds of one call, the best of several rounds.
double seconds(const std::function<void()>& call) {
    double best = 1e9;
    for (int round = 0; round < 5; ++round) {
        const auto start = std::chrono::steady_clock::now();
        for (int i = 0; i < 20; ++i) call();
        OK(sp_synchronize());
        best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() / 20);
    }
    return best;
}

double ceiling;

void report(const char* name, double bytes, double operations, const std::function<void()>& call) {
    const double t = seconds(call);
    std::printf("%-44s %9.1f us  %8.1f GB/s  %5.1f %% of copy  %8.1f GFLOP/s\n", name, t * 1e6, bytes / t / 1e9, 100 * bytes / t / ceiling, operations / t / 1e9);
}

void time_all() {
    const size_t n = 3u * 1024 * 1024 * 16;
    {
        Device a(n * 4), b(n * 4);
        ceiling = 2.0 * n * 4 / seconds([&] { OK(sp_copy_on_device(a.address, b.address, static_cast<int64_t>(n * 4))); });
        std::printf("copy ceiling %.1f GB/s\n", ceiling / 1e9);
    }
    {
        const sp_images shape{16, 3, 1024 * 1024, 0, 0};
        Device x(n * 4), x0(n * 4), g(n * 4);
        const sp_pgd_options options = step_options(SP_DIRECTION_SIGN, 1);
        report("pgd step, 16x3x1024x1024, sign, 8-bit", 16.0 * n, 12.0 * n, [&] { OK(sp_pgd_step(x.address, x0.address, g.address, SP_FLOAT32, 0, 0, &shape, &options, 0)); });
    }
    {
        AttentionRun run(sp_attention_shape{2, 8, 4096, 77, 40, SP_FLOAT32, 0.158f});
        const double rows = 2.0 * 8 * 4096, product = 2.0 * rows * 77 * 40;
        report("attention forward, 2x8x4096x77x40, capture", rows * 40 * 4 * 2, 2 * product, [&] { run.run_forward(); });
        report("attention backward, 2x8x4096x77x40", rows * 40 * 4 * 3, 7 * product, [&] { run.run_backward(); });
    }
    for (int last = 0; last < 2; ++last) {
        NormRun run(sp_norm_shape{2, 320, 4096, 32, last, SP_FLOAT32, 1, 1e-5f});
        const double values = 2.0 * 320 * 4096;
        report(last != 0 ? "group norm + silu forward, 2x320x4096, last" : "group norm + silu forward, 2x320x4096, first", 12 * values, 20 * values, [&] { run.run_forward(); });
        report(last != 0 ? "group norm + silu backward, 2x320x4096, last" : "group norm + silu backward, 2x320x4096, first", 20 * values, 50 * values, [&] { run.run_backward(); });
    }
    {
        const size_t count = 6881280;
        Device w(count * 4), g(count * 4), m(count * 4), v(count * 4);
        const sp_parameter p{w.address, g.address, m.address, v.address, static_cast<int64_t>(count)};
        int64_t bytes = 0;
        OK(sp_adamw_workspace_bytes(&p, 1, &bytes));
        Device workspace(static_cast<size_t>(bytes));
        const sp_adamw_options options = adamw_options();
        double norm = 0;
        report("adamw, 6,881,280 parameters (waits)", 32.0 * count, 14.0 * count, [&] { OK(sp_adamw_step(&p, 1, &options, workspace.address, &norm)); });
    }
}

std::string beside(const char* program) {
    const char* slash = std::strrchr(program, '/');
    return (slash == nullptr ? std::string("./") : std::string(program, slash + 1)) + "libstyleprotect_native.so";
}

}  // namespace

int main(int count, char** arguments) {
    bool timed = false;
    std::string path = beside(arguments[0]);
    for (int i = 1; i < count; ++i) {
        if (std::string(arguments[i]) == "--time") timed = true;
        else path = arguments[i];
    }
    try {
        const Library library(path.c_str());
        lib = &library;
        if (library.sp_open(nullptr, 0) != SP_OK) {
            std::fprintf(stderr, "%s\n", library.sp_last_error());
            return 2;
        }
        std::printf("%s: %lld bytes of kernels\n", path.c_str(), static_cast<long long>(library.sp_kernel_bytes()));
        check_all();
        if (timed) time_all();
    } catch (const std::exception& e) {
        std::fprintf(stderr, "FAIL %s\n", e.what());
        return 1;
    }
    std::printf(failures == 0 ? "all checks passed\n" : "%d checks failed\n", failures);
    return failures == 0 ? 0 : 1;
}
