// A page beside the lab that tries to steer it: the lab listens to the page around only.
parent.frames[0].postMessage({ 'replication-lab': 1, type: 'seek', at: 1, id: 'stranger' }, '*');
parent.postMessage({ stranger: 'has spoken' }, '*');
