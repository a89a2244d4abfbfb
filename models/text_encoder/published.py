"""What the authors publish for the char-CNN-RNN encoder of the birds of ICML 2016 (Reed et al., CVPR and ICML 2016).

"Trainer" is train_sje_hybrid.lua of reedscot/cvpr2016, as scripts/train_cub_hybrid.sh runs it; "name" the file name of
the encoder in reedscot/icml2016, CONFIG: lm_sje_nc4_cub_hybrid_gru18_a1_c512_0.00070_1_10_trainvalids.txt_iter30000.
"""

from models.core.published import Published

PUBLISHED = (
    Published("batch_size", 40, "trainer: batch_size; of distinct classes"),
    Published("steps", 30_000, "name: iter30000; 200 epochs of 150 steps"),
    Published("optimizer", "rmsprop", "trainer: optim.rmsprop"),
    Published("learning_rate", 7e-4, "train_cub_hybrid.sh: learning_rate; name: 0.00070"),
    Published("rho", 0.99, "Torch's optim.rmsprop: alpha"),
    Published("epsilon", 1e-8, "Torch's optim.rmsprop; beside the root, here its square within it"),
    Published("learning_rate_decay", 0.98, "trainer: learning_rate_decay"),
    Published("decay_steps", 150, "trainer: loader.ntrain, the number of training classes"),
    Published("initial_range", 0.08, "trainer: params:uniform(-0.08, 0.08)"),
    Published("embedding_dim", 1024, "trainer: image_dim"),
    Published("convolution_width", 512, "name: c512; modules/HybridCNNLong.lua"),
    Published(
        "recurrent_unit", "gru", "name: gru18; modules/FixedGRU.lua (flowers, CVPR 2016: FixedRNN, 8 steps of 256)"
    ),
    Published("recurrent_width", 512, "name: c512"),
    Published("read_characters", 201, "trainer: doc_length"),
    Published("margin", 1.0, "trainer: cur_score - label_score + 1"),
    Published("standardize", False, "none"),
    Published(
        "image encoder",
        "1,024 features of GoogLeNet as they are, of 10 crops",
        "trainer: image_noop = 1",
        "GoogLeNet's weights are no part of Keras",
        "a small CNN from scratch, or a linear map on any .keras network's features",
    ),
    Published(
        "pairs of one class",
        "none: the classes of a batch are distinct",
        "trainer: next_batch",
        ours="none: the classes of a batch are distinct",
    ),
)
