#include "reference.h"

#include <algorithm>
#include <cmath>
#include <functional>

namespace bench {

void pgd_step(Values& x, const Values& x0, const Values& gradient, Values* momentum, const Values* mask, const sp_images& s, const sp_pgd_options& o) {
    const int64_t size = static_cast<int64_t>(s.channels) * s.pixels;
    for (int64_t image = 0; image < s.images; ++image) {
        std::vector<double> d(size);
        double magnitudes = 0, squares = 0;
        for (int64_t i = 0; i < size; ++i) magnitudes += std::fabs(gradient[image * size + i]);
        for (int64_t i = 0; i < size; ++i) {
            d[i] = gradient[image * size + i];
            if (momentum != nullptr) {
                const double mean = magnitudes / size;
                d[i] = (*momentum)[image * size + i] * static_cast<double>(o.momentum_decay) + (mean > 0 ? d[i] / mean : 0);
                (*momentum)[image * size + i] = static_cast<float>(d[i]);
            }
            squares += d[i] * d[i];
        }
        for (int64_t i = 0; i < size; ++i) {
            const int64_t at = image * size + i;
            double move = d[i];
            if (o.direction == SP_DIRECTION_SIGN) move = d[i] > 0 ? 1 : d[i] < 0 ? -1 : 0;
            if (o.direction == SP_DIRECTION_L2) move = squares > 0 ? d[i] / std::sqrt(squares) : 0;
            double epsilon = o.epsilon;
            if (mask != nullptr) epsilon *= (*mask)[image * s.mask_image_stride + i / s.pixels * s.mask_channel_stride + i % s.pixels];
            const double difference = std::min(std::max(x[at] + o.step * move - x0[at], -epsilon), epsilon);
            double moved = std::min(std::max(x0[at] + difference, static_cast<double>(o.minimum)), static_cast<double>(o.maximum));
            if (o.round_to_8bit) {
                const double unit = 255.0 / (static_cast<double>(o.maximum) - o.minimum), origin = (x0[at] - static_cast<double>(o.minimum)) * unit;
                const double lower = std::ceil(origin - epsilon * unit - 1e-3), upper = std::floor(origin + epsilon * unit + 1e-3);
                double level = std::nearbyint((moved - o.minimum) * unit);
                level = lower <= upper ? std::min(std::max(level, lower), upper) : std::nearbyint(origin);
                moved = std::min(std::max(level, 0.0), 255.0) / unit + o.minimum;
            }
            x[at] = static_cast<float>(moved);
        }
    }
}

void project_l2(Values& x, const Values& x0, const sp_images& s, float radius) {
    const int64_t size = static_cast<int64_t>(s.channels) * s.pixels;
    for (int64_t image = 0; image < s.images; ++image) {
        double squares = 0;
        for (int64_t i = image * size; i < (image + 1) * size; ++i) squares += std::pow(static_cast<double>(x[i]) - x0[i], 2);
        if (std::sqrt(squares) <= radius) continue;
        for (int64_t i = image * size; i < (image + 1) * size; ++i) x[i] = static_cast<float>(x0[i] + (static_cast<double>(x[i]) - x0[i]) * radius / std::sqrt(squares));
    }
}

Attention attention(const Values& q, const Values& k, const Values& v, const Values& cotangent, const sp_attention_shape& s) {
    const int64_t heads = static_cast<int64_t>(s.batch) * s.heads, n = s.queries, m = s.keys, d = s.size;
    Attention a{Values(q.size()), Values(static_cast<size_t>(s.batch) * m), Values(heads), Values(q.size()), Values(k.size()), Values(v.size())};
    std::vector<double> mass(s.batch * m), dk(k.size()), dv(v.size()), p(m), dp(m);
    for (int64_t h = 0; h < heads; ++h) {
        double squares = 0;
        for (int64_t i = 0; i < n; ++i) {
            const float* qi = &q[(h * n + i) * d];
            const float* gi = &cotangent[(h * n + i) * d];
            double top = -INFINITY, sum = 0, dot = 0;
            for (int64_t j = 0; j < m; ++j) {
                p[j] = 0;
                for (int64_t c = 0; c < d; ++c) p[j] += static_cast<double>(qi[c]) * k[(h * m + j) * d + c];
                p[j] *= s.scale;
                top = std::max(top, p[j]);
            }
            for (int64_t j = 0; j < m; ++j) sum += p[j] = std::exp(p[j] - top);
            for (int64_t j = 0; j < m; ++j) {
                p[j] /= sum;
                mass[h / s.heads * m + j] += p[j];
                dp[j] = 0;
                for (int64_t c = 0; c < d; ++c) dp[j] += static_cast<double>(gi[c]) * v[(h * m + j) * d + c];
                dot += p[j] * dp[j];
            }
            for (int64_t c = 0; c < d; ++c) {
                double out = 0, dq = 0;
                for (int64_t j = 0; j < m; ++j) {
                    const double ds = p[j] * (dp[j] - dot) * s.scale;
                    out += p[j] * v[(h * m + j) * d + c];
                    dq += ds * k[(h * m + j) * d + c];
                    dk[(h * m + j) * d + c] += ds * qi[c];
                    dv[(h * m + j) * d + c] += p[j] * gi[c];
                }
                a.output[(h * n + i) * d + c] = static_cast<float>(out);
                a.dq[(h * n + i) * d + c] = static_cast<float>(dq);
                squares += out * out;
            }
        }
        a.norm[h] = static_cast<float>(std::sqrt(squares));
    }
    for (size_t i = 0; i < mass.size(); ++i) a.mass[i] = static_cast<float>(mass[i] / (static_cast<double>(s.heads) * n));
    std::copy(dk.begin(), dk.end(), a.dk.begin());
    std::copy(dv.begin(), dv.end(), a.dv.begin());
    return a;
}

Norm group_norm(const Values& x, const Values& cotangent, const Values& weight, const Values& bias, const sp_norm_shape& s) {
    Norm n{Values(x.size()), Values(x.size()), Values(weight.size()), Values(weight.size())};
    std::vector<double> dw(weight.size()), db(weight.size());
    const int64_t width = s.channels / s.groups;
    const auto place = [&](int64_t image, int64_t c, int64_t p) { return image * s.channels * s.positions + (s.channels_last != 0 ? p * s.channels + c : c * s.positions + p); };
    for (int64_t image = 0; image < s.images; ++image)
        for (int64_t group = 0; group < s.groups; ++group) {
            const double count = static_cast<double>(width) * s.positions;
            const auto each = [&](const std::function<void(int64_t, int64_t)>& body) {
                for (int64_t c = group * width; c < (group + 1) * width; ++c)
                    for (int64_t p = 0; p < s.positions; ++p) body(c, place(image, c, p));
            };
            double mean = 0, spread = 0, first = 0, second = 0;
            each([&](int64_t, int64_t at) { mean += x[at] / count; });
            each([&](int64_t, int64_t at) { spread += (x[at] - mean) * (x[at] - mean) / count; });
            const double scale = 1 / std::sqrt(spread + s.epsilon);
            const auto slope = [&](int64_t c, int64_t at) {  // of the cotangent in front of SiLU
                const double u = (x[at] - mean) * scale * weight[c] + bias[c], sigmoid = 1 / (1 + std::exp(-u));
                n.y[at] = static_cast<float>(s.silu != 0 ? u * sigmoid : u);
                return s.silu != 0 ? cotangent[at] * sigmoid * (1 + u * (1 - sigmoid)) : static_cast<double>(cotangent[at]);
            };
            each([&](int64_t c, int64_t at) {
                const double dz = slope(c, at), normal = (x[at] - mean) * scale;
                db[c] += dz;
                dw[c] += dz * normal;
                first += weight[c] * dz / count;
                second += weight[c] * dz * normal / count;
            });
            each([&](int64_t c, int64_t at) { n.dx[at] = static_cast<float>(scale * (weight[c] * slope(c, at) - first - (x[at] - mean) * scale * second)); });
        }
    std::copy(dw.begin(), dw.end(), n.dw.begin());
    std::copy(db.begin(), db.end(), n.db.begin());
    return n;
}

double adamw(std::vector<Values>& weights, const std::vector<Values>& gradients, std::vector<Values>& first, std::vector<Values>& second, const sp_adamw_options& o) {
    double squares = 0;
    for (const Values& g : gradients)
        for (float v : g) squares += static_cast<double>(v) * v;
    const double norm = std::sqrt(squares), clip = std::min(1.0, o.max_norm / (norm + 1e-6));
    if (!std::isfinite(norm)) return norm;
    for (size_t t = 0; t < weights.size(); ++t)
        for (size_t i = 0; i < weights[t].size(); ++i) {
            const double g = gradients[t][i] * clip;
            const double m = first[t][i] + (g - first[t][i]) * o.one_minus_beta1, v = second[t][i] * static_cast<double>(o.beta2) + g * g * o.one_minus_beta2;
            first[t][i] = static_cast<float>(m);
            second[t][i] = static_cast<float>(v);
            weights[t][i] = static_cast<float>(weights[t][i] * static_cast<double>(o.decay) - m / (std::sqrt(v) * o.second_scale + o.epsilon) * o.rate);
        }
    return norm;
}

}  // namespace bench
